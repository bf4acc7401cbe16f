package io.jnat.cli.config;

import io.jnat.nat.rule.Behaviour.Dependence;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Ports of the relay that lead to a device.
 *
 * @param name shown in status and flows
 * @param listen ports on the relay's public address
 * @param address which of its public addresses; empty for every one
 * @param to the device
 * @param toPort on the device, the first one for a range; empty for the same port
 * @param from who may use it; empty for anybody
 * @param filtering whom of those the device must have spoken to first
 * @param masquerade whether the device sees the relay as the source
 * @param lifetime of its flows
 * @param place where it is written
 */
public record ForwardConfig(
        String name,
        List<PortRange> listen,
        Optional<InetAddress> address,
        DeviceConfig to,
        OptionalInt toPort,
        List<Cidr> from,
        Dependence filtering,
        boolean masquerade,
        LifetimeConfig lifetime,
        Place place) {
    /** Copies the lists. */
    public ForwardConfig {
        listen = List.copyOf(listen);
        from = List.copyOf(from);
    }
}
