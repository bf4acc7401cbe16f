package io.jnat.nat.flow;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;

/**
 * Mappings: an inside endpoint, and the external endpoint that stands for it. One mapping serves
 * all flows of the inside endpoint (RFC 4787 REQ-1), and lives as long as one of them does. Numbers
 * from 1 to the capacity.
 *
 * <pre>
 *  0 inside address    4 inside port   6 domain
 *  8 external address 12 external port 14 protocol 15 whether late packets may come for it
 * 16 remote address   20 remote port (both 0 unless the mapping depends on them; without an
 *                                     address the port is the caller's mark)
 * 24 flows            28 next free
 * </pre>
 *
 * <p>Owner: engine thread. Allocates nothing after construction.
 */
public final class MappingTable implements AutoCloseable {
    private static final int BYTES = 32;
    private static final int INSIDE = 0;
    private static final int EXTERNAL = 1;

    private final int capacity;
    private final Slab records;
    private final long base;
    private final OpenIndex index;
    private final KeyHash hash;
    private int firstFree;
    private int untouched = 1;
    private int size;

    /** An empty table; seeds as in {@link FlowTable}. */
    public MappingTable(int capacity, long firstSeed, long secondSeed) {
        this.capacity = capacity;
        records = Slab.allocate(Math.multiplyExact(capacity, BYTES));
        base = records.address() - BYTES;
        hash = new KeyHash(firstSeed, secondSeed);
        index = new OpenIndex(capacity, this::hashOf);
    }

    /**
     * The mapping of an inside endpoint.
     *
     * @param remoteAddress 0 for endpoint-independent mapping
     * @param remotePort 0 for endpoint-independent and address-dependent mapping
     * @return its number, or 0
     */
    public int findInside(
            int domain, int protocol, int address, int port, int remoteAddress, int remotePort) {
        long key = insideHash(domain, protocol, address, port, remoteAddress, remotePort);
        int slot = index.home(key);
        for (int stored = index.at(slot); stored != 0; stored = index.at(slot)) {
            int entry = index.entry(stored);
            if ((entry & 1) == INSIDE && index.maybe(stored, key)) {
                long record = record(entry >>> 1);
                if (Memory.getInt(record) == address
                        && Memory.getShort(record + 4) == port
                        && Memory.getShort(record + 6) == domain
                        && Memory.getByte(record + 14) == protocol
                        && Memory.getInt(record + 16) == remoteAddress
                        && Memory.getShort(record + 20) == remotePort) {
                    return entry >>> 1;
                }
            }
            slot = index.next(slot);
        }
        return 0;
    }

    /**
     * The mapping that an external endpoint stands for.
     *
     * @return its number, or 0
     */
    public int findExternal(int protocol, int address, int port) {
        long key = externalHash(protocol, address, port);
        int slot = index.home(key);
        for (int stored = index.at(slot); stored != 0; stored = index.at(slot)) {
            int entry = index.entry(stored);
            if ((entry & 1) == EXTERNAL && index.maybe(stored, key)) {
                long record = record(entry >>> 1);
                if (Memory.getInt(record + 8) == address
                        && Memory.getShort(record + 12) == port
                        && Memory.getByte(record + 14) == protocol) {
                    return entry >>> 1;
                }
            }
            slot = index.next(slot);
        }
        return 0;
    }

    /**
     * Makes a mapping without flows. Neither endpoint may be mapped already.
     *
     * @return its number, or 0 when there is no room
     */
    public int add(
            int domain,
            int protocol,
            int address,
            int port,
            int remoteAddress,
            int remotePort,
            int externalAddress,
            int externalPort) {
        int mapping = firstFree;
        if (mapping != 0) {
            firstFree = Memory.getInt(record(mapping) + 28);
        } else if (untouched <= capacity) {
            mapping = untouched++;
        } else {
            return 0;
        }
        long record = record(mapping);
        Memory.putLong(record + 16, 0);
        Memory.putLong(record + 24, 0);
        Memory.putInt(record, address);
        Memory.putShort(record + 4, port);
        Memory.putShort(record + 6, domain);
        Memory.putInt(record + 8, externalAddress);
        Memory.putShort(record + 12, externalPort);
        Memory.putByte(record + 14, protocol);
        Memory.putByte(record + 15, 0);
        Memory.putInt(record + 16, remoteAddress);
        Memory.putShort(record + 20, remotePort);
        index.insert(hashOf(mapping << 1), mapping << 1);
        index.insert(hashOf(mapping << 1 | 1), mapping << 1 | 1);
        size++;
        return mapping;
    }

    /** Forgets a mapping. */
    public void remove(int mapping) {
        index.remove(hashOf(mapping << 1), mapping << 1);
        index.remove(hashOf(mapping << 1 | 1), mapping << 1 | 1);
        Memory.putInt(record(mapping) + 28, firstFree);
        firstFree = mapping;
        size--;
    }

    /** One more flow uses it. */
    public void addFlow(int mapping) {
        long flows = record(mapping) + 24;
        Memory.putInt(flows, Memory.getInt(flows) + 1);
    }

    /** One flow less uses it; returns how many are left. */
    public int removeFlow(int mapping) {
        long flows = record(mapping) + 24;
        int left = Memory.getInt(flows) - 1;
        Memory.putInt(flows, left);
        return left;
    }

    /** A flow of it has ended whose late packets may still come. */
    public void expectLatePackets(int mapping) {
        Memory.putByte(record(mapping) + 15, 1);
    }

    /** Whether late packets may come of a flow of it that has ended. */
    public boolean expectsLatePackets(int mapping) {
        return Memory.getByte(record(mapping) + 15) != 0;
    }

    /** How many flows use it. */
    public int flows(int mapping) {
        return Memory.getInt(record(mapping) + 24);
    }

    /** Number of mappings. */
    public int size() {
        return size;
    }

    /** Address of the inside endpoint. */
    public int insideAddress(int mapping) {
        return Memory.getInt(record(mapping));
    }

    /** Port of the inside endpoint. */
    public int insidePort(int mapping) {
        return Memory.getShort(record(mapping) + 4);
    }

    /** Domain of the inside endpoint. */
    public int domain(int mapping) {
        return Memory.getShort(record(mapping) + 6);
    }

    /** External address. */
    public int externalAddress(int mapping) {
        return Memory.getInt(record(mapping) + 8);
    }

    /** External port. */
    public int externalPort(int mapping) {
        return Memory.getShort(record(mapping) + 12);
    }

    /** Protocol. */
    public int protocol(int mapping) {
        return Memory.getByte(record(mapping) + 14);
    }

    @Override
    public void close() {
        index.close();
        records.close();
    }

    private long record(int mapping) {
        return base + (long) mapping * BYTES;
    }

    private long hashOf(int entry) {
        int mapping = entry >>> 1;
        long record = record(mapping);
        return (entry & 1) == INSIDE
                ? insideHash(
                        domain(mapping),
                        protocol(mapping),
                        insideAddress(mapping),
                        insidePort(mapping),
                        Memory.getInt(record + 16),
                        Memory.getShort(record + 20))
                : externalHash(protocol(mapping), externalAddress(mapping), externalPort(mapping));
    }

    private long insideHash(
            int domain, int protocol, int address, int port, int remoteAddress, int remotePort) {
        return hash.of(
                (long) address << 32 | Integer.toUnsignedLong(remoteAddress),
                (long) domain << 48 | (long) port << 32 | (long) remotePort << 16 | protocol << 1);
    }

    private long externalHash(int protocol, int address, int port) {
        return hash.of(Integer.toUnsignedLong(address), (long) port << 32 | protocol << 1 | 1);
    }
}
