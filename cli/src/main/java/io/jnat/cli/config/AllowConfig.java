package io.jnat.cli.config;

import java.util.List;

/**
 * What may come out of the tunnel into the LAN.
 *
 * @param name shown in status and flows
 * @param to the device
 * @param ports on the device; empty for everything
 * @param sources who may; empty for anybody
 * @param place where it is written
 */
public record AllowConfig(
        String name, DeviceConfig to, List<PortRange> ports, List<Cidr> sources, Place place) {
    /** Copies the lists. */
    public AllowConfig {
        ports = List.copyOf(ports);
        sources = List.copyOf(sources);
    }
}
