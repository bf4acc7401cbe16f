package io.jnat.nat;

import io.jnat.core.wire.Protocol;
import io.jnat.nat.flow.CountedKeys;
import io.jnat.nat.flow.FlowDraft;
import io.jnat.nat.flow.MappingTable;
import io.jnat.nat.port.PortPool;
import io.jnat.nat.rule.Behaviour;
import io.jnat.nat.rule.Behaviour.Dependence;
import org.jspecify.annotations.Nullable;

/**
 * Mappings and the ports they hold, and whom each has spoken to (address-dependent filtering, RFC
 * 4787 REQ-8).
 *
 * <p>Owner: engine thread. Allocates nothing per call.
 */
final class Mapper implements AutoCloseable {
    /**
     * Stands for the remote port, with no remote address, in the mapping of an endpoint that a
     * forward leads to: no other mapping has such a remote.
     */
    private static final int FORWARDED = 1;

    /**
     * The same for the mapping of an endpoint to this end's address in the tunnel: it may have one
     * to a public address besides.
     */
    private static final int MASQUERADED = 2;

    /**
     * The same for the mapping of a captured endpoint: it may have one to the WAN's address
     * besides, for what is private behind the WAN.
     */
    private static final int CAPTURED = 3;

    /** The external address of a mapping that holds no port. */
    private static final int NO_ADDRESS = 0;

    private final MappingTable mappings;
    private final CountedKeys spokenTo;
    private final ExternalAddresses externals;

    Mapper(MappingTable mappings, CountedKeys spokenTo, ExternalAddresses externals) {
        this.mappings = mappings;
        this.spokenTo = spokenTo;
        this.externals = externals;
    }

    /**
     * The mapping of a draft's source, made if there is none.
     *
     * @param wantedPort external port of a new one, if it is free; the source's own is kept so
     * @return its number; 0 when there is no port, or not the source's own and it must be that, or
     *     no room
     */
    int map(FlowDraft draft, int external, Behaviour behaviour, int wantedPort, long nowNanos) {
        boolean byAddress = behaviour.mapping() != Dependence.NOTHING;
        boolean byPort = behaviour.mapping() == Dependence.ADDRESS_AND_PORT;
        int remote = byAddress ? draft.destination : 0;
        int remotePort = byPort ? draft.destinationPort : 0;
        if (!externals.isPublicIndex(external)) {
            remotePort = MASQUERADED;
        }
        PortPool pool = externals.pool(draft.protocol, external);
        if (pool == null) {
            return 0;
        }
        int known =
                mappings.findInside(
                        draft.domain,
                        draft.protocol,
                        draft.source,
                        draft.sourcePort,
                        remote,
                        remotePort);
        boolean keepsPort = keepsPort(behaviour, draft.protocol);
        if (known != 0) {
            return holds(known, pool, draft, external, keepsPort) ? known : 0;
        }
        int owner = (draft.source * 31 + draft.domain) * 65_599 + draft.sourcePort;
        int externalPort = pool.take(wantedPort, owner, nowNanos);
        if (externalPort == PortPool.NONE) {
            return 0;
        }
        // Held by such a mapping of another source: it ends within milliseconds.
        boolean held = findExternal(draft.protocol, externals.address(external), externalPort) != 0;
        if (held || (keepsPort && externalPort != draft.sourcePort)) {
            pool.releaseUnused(externalPort, nowNanos);
            return 0;
        }
        int mapping =
                mappings.add(
                        draft.domain,
                        draft.protocol,
                        draft.source,
                        draft.sourcePort,
                        remote,
                        remotePort,
                        externals.address(external),
                        externalPort);
        if (mapping == 0) {
            pool.releaseUnused(externalPort, nowNanos);
        }
        return mapping;
    }

    /**
     * Whether a mapping still holds for its source. It may be from before ports had to be kept, or
     * the address or the port another's, or the address away meanwhile, and its flows not reviewed
     * yet: one more flow would keep it alive.
     */
    private boolean holds(
            int mapping, PortPool pool, FlowDraft draft, int external, boolean keepsPort) {
        int port = mappings.externalPort(mapping);
        return mappings.externalAddress(mapping) == externals.address(external)
                && pool.isOpen(port)
                && pool.isUsed(port)
                && (!keepsPort || port == draft.sourcePort);
    }

    /** Whether a source's port must be its external one; a query identifier need not be. */
    static boolean keepsPort(Behaviour behaviour, int protocol) {
        return behaviour.staticPort() && protocol != Protocol.ICMP;
    }

    /**
     * The mapping of a captured source, which keeps its address and port: it holds no port, it only
     * says that the source is speaking. Who may answer, the relay decides, by its own filter; it
     * could forge any source anyway.
     *
     * @return its number; 0 when there is no room, which makes the filter stricter and no more
     */
    int remember(FlowDraft draft) {
        return remember(draft, CAPTURED, draft.source);
    }

    /**
     * The mapping of a source that a forward leads to. It holds no port, the forward does; it only
     * says whom the source speaks to, for the forward's filter.
     *
     * @return its number; 0 when there is no room, which makes the filter stricter and no more
     */
    int rememberForwarded(FlowDraft draft) {
        return remember(draft, FORWARDED, NO_ADDRESS);
    }

    private int remember(FlowDraft draft, int remotePort, int externalAddress) {
        int domain = draft.domain;
        int protocol = draft.protocol;
        int source = draft.source;
        int port = draft.sourcePort;
        int known = mappings.findInside(domain, protocol, source, port, 0, remotePort);
        return known != 0
                ? known
                : mappings.add(
                        domain, protocol, source, port, 0, remotePort, externalAddress, port);
    }

    /** The mapping that {@link #rememberForwarded} has made for an endpoint; 0: none. */
    int findForwarded(int domain, int protocol, int address, int port) {
        return mappings.findInside(domain, protocol, address, port, 0, FORWARDED);
    }

    /** One more flow uses a mapping. */
    void use(int mapping) {
        mappings.addFlow(mapping);
    }

    /** The inside endpoint has spoken to a remote address, in one more flow. */
    void speak(int mapping, int remote) {
        spokenTo.add(CountedKeys.key(mapping, remote));
    }

    /** Takes {@link #speak} back. */
    void unspeak(int mapping, int remote) {
        spokenTo.remove(CountedKeys.key(mapping, remote));
    }

    /**
     * A flow does not use a mapping any more; the last one ends it. Its port rests unless all of
     * its flows were quiet: one that was not may have ended just before the last one.
     *
     * @param quiet whether nothing more can come of the flow
     */
    void leave(int mapping, boolean quiet, long nowNanos) {
        if (!quiet) {
            mappings.expectLatePackets(mapping);
        }
        if (mappings.removeFlow(mapping) == 0) {
            PortPool pool = poolOf(mapping);
            if (pool != null) {
                boolean silent = !mappings.expectsLatePackets(mapping);
                pool.release(mappings.externalPort(mapping), silent, nowNanos);
            }
            mappings.remove(mapping);
        }
    }

    /** Whether a mapping is the one that a flow uses, and no other flow does. */
    boolean isLastOf(int mapping, int ofFlow) {
        return mapping != 0 && mapping == ofFlow && mappings.flows(mapping) == 1;
    }

    /** Keeps a mapping alive while one of its flows makes room for another. */
    void hold(int mapping) {
        mappings.addFlow(mapping);
    }

    /** Takes {@link #hold} back, without ending the mapping. */
    void letGo(int mapping) {
        mappings.removeFlow(mapping);
    }

    /** Ends a mapping that no flow uses: one that was just made, and whose flow was refused. */
    void discardIfUnused(int mapping, long nowNanos) {
        if (mappings.flows(mapping) == 0) {
            PortPool pool = poolOf(mapping);
            if (pool != null) {
                pool.releaseUnused(mappings.externalPort(mapping), nowNanos);
            }
            mappings.remove(mapping);
        }
    }

    /** The pool that a mapping's port has to go back to; null when it is of none. */
    private @Nullable PortPool poolOf(int mapping) {
        int external = externals.indexOf(mappings.externalAddress(mapping));
        PortPool pool = external < 0 ? null : externals.pool(mappings.protocol(mapping), external);
        // An address that was away meanwhile comes back with a pool that knows nothing of it.
        return pool != null && pool.isUsed(mappings.externalPort(mapping)) ? pool : null;
    }

    /** The mapping that an external endpoint stands for; 0: none. */
    int findExternal(int protocol, int address, int port) {
        return mappings.findExternal(protocol, address, port);
    }

    /**
     * Whether a filter lets a remote address in that belongs to no flow of a mapping. The rules of
     * now say which filter, so that a changed one holds at once.
     */
    boolean lets(int mapping, int remote, Dependence filtering) {
        return switch (filtering) {
            case NOTHING -> true;
            case ADDRESS -> spokenTo.count(CountedKeys.key(mapping, remote)) > 0;
            case ADDRESS_AND_PORT -> false;
        };
    }

    /**
     * The same of a forward's filter. A flow from before the forward was there has the mapping that
     * it had then.
     */
    boolean letsForwarded(
            int domain, int protocol, int address, int port, int remote, Dependence filtering) {
        int forwarded = findForwarded(domain, protocol, address, port);
        if (lets(forwarded, remote, filtering)) {
            return true;
        }
        int before = mappings.findInside(domain, protocol, address, port, 0, 0);
        return before != 0 && lets(before, remote, filtering);
    }

    int insideAddress(int mapping) {
        return mappings.insideAddress(mapping);
    }

    int insidePort(int mapping) {
        return mappings.insidePort(mapping);
    }

    int insideDomain(int mapping) {
        return mappings.domain(mapping);
    }

    int externalAddress(int mapping) {
        return mappings.externalAddress(mapping);
    }

    int externalPort(int mapping) {
        return mappings.externalPort(mapping);
    }

    int size() {
        return mappings.size();
    }

    @Override
    public void close() {
        mappings.close();
    }
}
