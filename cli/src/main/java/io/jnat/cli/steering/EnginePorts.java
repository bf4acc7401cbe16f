package io.jnat.cli.steering;

import io.jnat.cli.config.EngineConfig;
import io.jnat.cli.config.PortRange;
import io.jnat.cli.config.PortRange.Protocol;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * The ports of the WAN's address that belong to the engine: 1024 to 60999 without those that
 * sockets of the host itself have, and what forwards name besides. The host's own outgoing
 * connections use 61000 to 65535.
 *
 * @param dynamic ranges that mappings may be taken from
 * @param named ranges that forwards name outside of 1024 to 60999
 */
public record EnginePorts(List<PortRange> dynamic, List<PortRange> named) {
    /** Lowest port that is the engine's without being named. */
    public static final int FIRST = EngineConfig.Ports.ALL.first();

    /** Highest port that is the engine's without being named. */
    public static final int LAST = EngineConfig.Ports.ALL.last();

    /** Copies the lists. */
    public EnginePorts {
        dynamic = List.copyOf(dynamic);
        named = List.copyOf(named);
    }

    /** No port at all: the engine has none on the host's address. */
    static EnginePorts none() {
        return new EnginePorts(List.of(), List.of());
    }

    /** Whether packets to a port of the WAN's address reach the engine. */
    boolean has(Protocol protocol, int port) {
        PortRange one = new PortRange(protocol, port, port);
        return dynamic.stream().anyMatch(one::overlaps) || named.stream().anyMatch(one::overlaps);
    }

    /** What remains of 1024 to 60999 when the host's own ports are taken out. */
    static List<PortRange> without(Protocol protocol, Collection<PortRange> own) {
        TreeSet<Integer> taken = new TreeSet<>();
        for (PortRange range : own) {
            if (range.protocol() == protocol && range.first() >= FIRST && range.last() <= LAST) {
                taken.add(range.first());
            }
        }
        List<PortRange> left = new ArrayList<>();
        int from = FIRST;
        for (int port : taken) {
            if (port > from) {
                left.add(new PortRange(protocol, from, port - 1));
            }
            from = port + 1;
        }
        if (from <= LAST) {
            left.add(new PortRange(protocol, from, LAST));
        }
        return left;
    }
}
