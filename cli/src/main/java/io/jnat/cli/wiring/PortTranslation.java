package io.jnat.cli.wiring;

import io.jnat.cli.config.EngineConfig;
import io.jnat.cli.steering.EnginePorts;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.rule.PortRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** From the ports that steering leads into the engine to those that NAT must keep its hands off. */
final class PortTranslation {
    private PortTranslation() {}

    /** The ports that mappings may be taken from, whatever the protocol. */
    static PortRange range(EngineConfig engine) {
        return new PortRange(PortRange.ANY_PROTOCOL, engine.ports().first(), engine.ports().last());
    }

    /**
     * What lies in 1024 to 60999 and is not the engine's: the ports of the host's sockets and of
     * the tunnel's.
     */
    static List<PortRange> kept(EnginePorts ports, int tunnelPort) {
        List<PortRange> kept = new ArrayList<>();
        addGaps(kept, ports, io.jnat.cli.config.PortRange.Protocol.TCP, Protocol.TCP);
        addGaps(kept, ports, io.jnat.cli.config.PortRange.Protocol.UDP, Protocol.UDP);
        kept.add(new PortRange(Protocol.UDP, tunnelPort, tunnelPort));
        return kept;
    }

    private static void addGaps(
            List<PortRange> kept,
            EnginePorts ports,
            io.jnat.cli.config.PortRange.Protocol protocol,
            int number) {
        List<io.jnat.cli.config.PortRange> own =
                ports.dynamic().stream()
                        .filter(range -> range.protocol() == protocol)
                        .sorted(Comparator.comparingInt(io.jnat.cli.config.PortRange::first))
                        .toList();
        int next = EnginePorts.FIRST;
        for (io.jnat.cli.config.PortRange range : own) {
            if (range.first() > next) {
                kept.add(new PortRange(number, next, range.first() - 1));
            }
            next = Math.max(next, range.last() + 1);
        }
        if (next <= EnginePorts.LAST) {
            kept.add(new PortRange(number, next, EnginePorts.LAST));
        }
    }
}
