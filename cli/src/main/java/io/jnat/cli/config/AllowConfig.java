package io.jnat.cli.config;

import java.util.List;

/**
 * What may come out of the tunnel into the LAN.
 *
 * @param name shown in status and flows
 * @param to the devices
 * @param ports on the devices; empty for everything
 * @param sources who may; empty for anybody
 * @param lifetime of its flows
 * @param place where it is written
 */
public record AllowConfig(
        String name,
        List<DeviceConfig> to,
        List<PortRange> ports,
        List<Cidr> sources,
        LifetimeConfig lifetime,
        Place place) {
    /** Copies the lists. */
    public AllowConfig {
        to = List.copyOf(to);
        ports = List.copyOf(ports);
        sources = List.copyOf(sources);
    }
}
