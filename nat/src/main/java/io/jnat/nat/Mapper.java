package io.jnat.nat;

import io.jnat.nat.Behaviour.Dependence;
import io.jnat.nat.flow.CountedKeys;
import io.jnat.nat.flow.FlowDraft;
import io.jnat.nat.flow.MappingTable;
import io.jnat.nat.port.PortPool;

/**
 * Mappings and the ports they hold, and whom each has spoken to (address-dependent filtering, RFC
 * 4787 REQ-8).
 *
 * <p>Owner: engine thread. Allocates nothing per call.
 */
final class Mapper implements AutoCloseable {
    private static final Dependence[] DEPENDENCES = Dependence.values();

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
     * @return its number; 0 when there is no port or no room
     */
    int map(FlowDraft draft, int external, Behaviour behaviour, int wantedPort, long nowNanos) {
        boolean byAddress = behaviour.mapping() != Dependence.NOTHING;
        boolean byPort = behaviour.mapping() == Dependence.ADDRESS_AND_PORT;
        int remote = byAddress ? draft.destination : 0;
        int remotePort = byPort ? draft.destinationPort : 0;
        int known =
                mappings.findInside(
                        draft.domain,
                        draft.protocol,
                        draft.source,
                        draft.sourcePort,
                        remote,
                        remotePort);
        if (known != 0) {
            return known;
        }
        PortPool pool = externals.pool(draft.protocol, external);
        if (pool == null) {
            return 0;
        }
        int owner = (draft.source * 31 + draft.domain) * 65_599 + draft.sourcePort;
        int externalPort = pool.take(wantedPort, owner, nowNanos);
        if (externalPort == PortPool.NONE) {
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
                        externalPort,
                        behaviour.filtering().ordinal());
        if (mapping == 0) {
            pool.release(externalPort, true, nowNanos);
        }
        return mapping;
    }

    /**
     * The mapping of a captured source, which keeps its address and port: it holds no port, it only
     * says that the source is speaking. Who may answer, the relay decides, by its own filter; it
     * could forge any source anyway.
     *
     * @return its number; 0 when there is no room, which makes the filter stricter and no more
     */
    int remember(FlowDraft draft) {
        int known =
                mappings.findInside(
                        draft.domain, draft.protocol, draft.source, draft.sourcePort, 0, 0);
        return known != 0
                ? known
                : mappings.add(
                        draft.domain,
                        draft.protocol,
                        draft.source,
                        draft.sourcePort,
                        0,
                        0,
                        draft.source,
                        draft.sourcePort,
                        Dependence.NOTHING.ordinal());
    }

    /** A flow with a remote address uses a mapping from now on. */
    void use(int mapping, int remote) {
        mappings.addFlow(mapping);
        spokenTo.add(CountedKeys.key(mapping, remote));
    }

    /**
     * A flow does not use a mapping any more; the last one ends it.
     *
     * @param quiet whether its port need not rest
     */
    void leave(int mapping, int remote, boolean quiet, long nowNanos) {
        spokenTo.remove(CountedKeys.key(mapping, remote));
        if (mappings.removeFlow(mapping) == 0) {
            discard(mapping, quiet, nowNanos);
        }
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
            discard(mapping, true, nowNanos);
        }
    }

    private void discard(int mapping, boolean quiet, long nowNanos) {
        int external = externals.indexOf(mappings.externalAddress(mapping));
        PortPool pool = external < 0 ? null : externals.pool(mappings.protocol(mapping), external);
        int port = mappings.externalPort(mapping);
        // An address that was away meanwhile comes back with a pool that knows nothing of it.
        if (pool != null && pool.isUsed(port)) {
            pool.release(port, quiet, nowNanos);
        }
        mappings.remove(mapping);
    }

    /** The mapping that an external endpoint stands for; 0: none. */
    int findExternal(int protocol, int address, int port) {
        return mappings.findExternal(protocol, address, port);
    }

    /** Whether a mapping's filter lets a remote address in that belongs to no flow of it. */
    boolean lets(int mapping, int remote) {
        return switch (DEPENDENCES[mappings.filtering(mapping)]) {
            case NOTHING -> true;
            case ADDRESS -> spokenTo.count(CountedKeys.key(mapping, remote)) > 0;
            case ADDRESS_AND_PORT -> false;
        };
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
