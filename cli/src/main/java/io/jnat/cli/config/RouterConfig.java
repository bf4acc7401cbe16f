package io.jnat.cli.config;

import java.util.List;

/**
 * The configuration of a site's router.
 *
 * @param instance what both roles have
 * @param lan the interfaces that devices are on
 * @param wan the interface to the carrier
 * @param others what becomes of devices that are not captured
 * @param translation of what those send, if jnat sends it on
 * @param relay the other end
 * @param devices that have a name
 * @param captured devices whose packets leave by the relay
 * @param captureLifetime of their flows
 * @param allows what may come in from the tunnel; first match wins
 */
public record RouterConfig(
        InstanceConfig instance,
        List<String> lan,
        String wan,
        Others others,
        TranslationConfig translation,
        RelayPeerConfig relay,
        List<DeviceConfig> devices,
        List<DeviceConfig> captured,
        LifetimeConfig captureLifetime,
        List<AllowConfig> allows)
        implements JnatConfig {

    /** What becomes of devices that are not captured. */
    public enum Others {
        /** jnat sends them out by the WAN with its address. */
        WAN("wan"),
        /** They are the host's business. */
        KERNEL("kernel");

        private final String text;

        Others(String text) {
            this.text = text;
        }

        /** As in the configuration. */
        public String text() {
            return text;
        }
    }

    /** Copies the lists. */
    public RouterConfig {
        lan = List.copyOf(lan);
        devices = List.copyOf(devices);
        captured = List.copyOf(captured);
        allows = List.copyOf(allows);
    }
}
