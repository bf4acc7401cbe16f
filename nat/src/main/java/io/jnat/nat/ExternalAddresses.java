package io.jnat.nat;

import io.jnat.core.wire.Protocol;
import io.jnat.nat.port.PortPool;
import io.jnat.nat.port.PortRandom;
import io.jnat.nat.rule.NatConfig.Forward;
import io.jnat.nat.rule.NatConfig.LinkSetup;
import io.jnat.nat.rule.PortRange;
import io.jnat.nat.rule.RuleSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Own addresses that inside endpoints are translated to, each with a pool of ports for TCP, UDP and
 * ICMP query identifiers. Those that devices are translated to come first, then the other public
 * ones, then, for masqueraded forwards only, the address in the tunnel.
 *
 * <p>Owner: engine thread; {@link #configure} allocates, nothing else does.
 */
final class ExternalAddresses {
    private static final int LAST_PORT = 65_535;

    private final PortRandom random;
    private int[] addresses = new int[0];
    private PortPool[] pools = new PortPool[0];
    private int pooledCount;
    private int publicCount;

    ExternalAddresses(PortRandom random) {
        this.random = random;
    }

    /** Takes over the addresses and ports of a rule set; pools of addresses that stay are kept. */
    void configure(RuleSet rules) {
        int[] wanted = wantedAddresses(rules);
        PortPool[] kept = new PortPool[wanted.length * 3];
        for (int at = 0; at < wanted.length; at++) {
            int old = indexOf(wanted[at]);
            for (int kind = 0; kind < 3; kind++) {
                PortPool pool = old < 0 ? new PortPool(random) : pools[old * 3 + kind];
                kept[at * 3 + kind] = pool;
                open(pool, protocol(kind), rules, wanted[at]);
            }
        }
        addresses = wanted;
        pools = kept;
    }

    private int[] wantedAddresses(RuleSet rules) {
        List<Integer> own = new ArrayList<>();
        for (LinkSetup setup : rules.config().links()) {
            if (setup.link().id() == rules.links().wan()) {
                own.addAll(setup.addresses());
            }
        }
        // A host may have a private address beside its public one, which must not be sent from.
        own.sort(Comparator.comparing(rules::isPrivate));
        List<Integer> wanted = new ArrayList<>();
        for (int address : rules.config().pool()) {
            if (own.contains(address)) {
                wanted.add(address);
            }
        }
        if (wanted.isEmpty() && !own.isEmpty()) {
            wanted.add(own.get(0));
        }
        pooledCount = wanted.size();
        own.removeAll(wanted);
        wanted.addAll(own);
        publicCount = wanted.size();
        for (Forward forward : rules.config().forwards()) {
            if (forward.masquerade() && rules.config().tunnelAddress() != 0) {
                wanted.add(rules.config().tunnelAddress());
                break;
            }
        }
        int[] result = new int[wanted.size()];
        for (int at = 0; at < result.length; at++) {
            result[at] = wanted.get(at);
        }
        return result;
    }

    private static void open(PortPool pool, int protocol, RuleSet rules, int address) {
        boolean[] free = new boolean[LAST_PORT + 1];
        PortRange engine = rules.config().enginePorts();
        boolean identifiers = protocol == Protocol.ICMP;
        int first = identifiers ? 1 : engine.first();
        int last = identifiers ? LAST_PORT : engine.last();
        for (int port = first; port <= last; port++) {
            free[port] = true;
        }
        for (PortRange kept : rules.config().keptPorts()) {
            keep(free, kept, protocol);
        }
        for (Forward forward : rules.config().forwards()) {
            if (forward.publicAddress() == 0 || forward.publicAddress() == address) {
                keep(free, forward.ports(), protocol);
            }
        }
        for (int port = 1; port <= LAST_PORT; port++) {
            if (free[port] && !pool.isOpen(port)) {
                pool.open(port, port);
            } else if (!free[port] && pool.isOpen(port)) {
                pool.reserve(port, port);
            }
        }
    }

    private static void keep(boolean[] free, PortRange range, int protocol) {
        if (protocol != Protocol.ICMP && range.contains(protocol, range.first())) {
            for (int port = range.first(); port <= range.last(); port++) {
                free[port] = false;
            }
        }
    }

    /** Whether an address is one of the public ones. */
    boolean isPublic(int address) {
        for (int at = 0; at < publicCount; at++) {
            if (addresses[at] == address) {
                return true;
            }
        }
        return false;
    }

    /** Whether an index is that of a public address, not of the one in the tunnel. */
    boolean isPublicIndex(int index) {
        return index < publicCount;
    }

    /** Index of an own address; -1 when it is none. */
    int indexOf(int address) {
        for (int at = 0; at < addresses.length; at++) {
            if (addresses[at] == address) {
                return at;
            }
        }
        return -1;
    }

    /**
     * The public address that an inside address always gets (paired pooling, RFC 4787 REQ-2).
     *
     * @return its index; -1 while there is none
     */
    int pairedWith(int insideAddress) {
        if (pooledCount <= 1) {
            return pooledCount - 1;
        }
        int mixed = insideAddress * 0x9E3779B1;
        return (int) (Integer.toUnsignedLong(mixed) * pooledCount >>> 32);
    }

    int address(int index) {
        return addresses[index];
    }

    /** The pool of a protocol at an address; null for protocols without ports. */
    @Nullable PortPool pool(int protocol, int index) {
        return switch (protocol) {
            case Protocol.TCP -> pools[index * 3];
            case Protocol.UDP -> pools[index * 3 + 1];
            case Protocol.ICMP -> pools[index * 3 + 2];
            default -> null;
        };
    }

    private static int protocol(int kind) {
        return switch (kind) {
            case 0 -> Protocol.TCP;
            case 1 -> Protocol.UDP;
            default -> Protocol.ICMP;
        };
    }
}
