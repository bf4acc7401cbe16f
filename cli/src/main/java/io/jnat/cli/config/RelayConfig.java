package io.jnat.cli.config;

import java.net.InetAddress;
import java.util.List;

/**
 * The configuration of a relay.
 *
 * @param instance what both roles have
 * @param wan the public interface
 * @param pool addresses of that interface that devices are spread over, each always to the same
 *     one; empty for its main address
 * @param sites that it serves
 * @param devices that have a name
 * @param forwards first match wins
 */
public record RelayConfig(
        InstanceConfig instance,
        String wan,
        List<InetAddress> pool,
        List<SiteConfig> sites,
        List<DeviceConfig> devices,
        List<ForwardConfig> forwards)
        implements JnatConfig {
    /** Copies the lists. */
    public RelayConfig {
        pool = List.copyOf(pool);
        sites = List.copyOf(sites);
        devices = List.copyOf(devices);
        forwards = List.copyOf(forwards);
    }
}
