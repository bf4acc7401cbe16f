package io.jnat.cli.config;

import java.util.List;

/**
 * The configuration of a relay.
 *
 * @param instance what both roles have
 * @param wan the public interface
 * @param sites that it serves
 * @param devices that have a name
 * @param forwards first match wins
 */
public record RelayConfig(
        InstanceConfig instance,
        String wan,
        List<SiteConfig> sites,
        List<DeviceConfig> devices,
        List<ForwardConfig> forwards)
        implements JnatConfig {
    /** Copies the lists. */
    public RelayConfig {
        sites = List.copyOf(sites);
        devices = List.copyOf(devices);
        forwards = List.copyOf(forwards);
    }
}
