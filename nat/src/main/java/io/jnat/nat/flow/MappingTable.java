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
    private static final int INSIDE_ADDRESS = 0;
    private static final int INSIDE_PORT = 4;
    private static final int DOMAIN = 6;
    private static final int EXTERNAL_ADDRESS = 8;
    private static final int EXTERNAL_PORT = 12;
    private static final int PROTOCOL = 14;
    private static final int LATE_PACKETS = 15;
    private static final int REMOTE_ADDRESS = 16;
    private static final int REMOTE_PORT = 20;
    private static final int FLOWS = 24;
    private static final int NEXT_FREE = 28;

    // Which endpoint an entry of the index is for: the lowest bit, below the mapping's number.
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
            if (side(entry) == INSIDE && index.maybe(stored, key)) {
                long record = record(mapping(entry));
                if (Memory.getInt(record) == address
                        && Memory.getShort(record + INSIDE_PORT) == port
                        && Memory.getShort(record + DOMAIN) == domain
                        && Memory.getByte(record + PROTOCOL) == protocol
                        && Memory.getInt(record + REMOTE_ADDRESS) == remoteAddress
                        && Memory.getShort(record + REMOTE_PORT) == remotePort) {
                    return mapping(entry);
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
            if (side(entry) == EXTERNAL && index.maybe(stored, key)) {
                long record = record(mapping(entry));
                if (Memory.getInt(record + EXTERNAL_ADDRESS) == address
                        && Memory.getShort(record + EXTERNAL_PORT) == port
                        && Memory.getByte(record + PROTOCOL) == protocol) {
                    return mapping(entry);
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
            firstFree = Memory.getInt(record(mapping) + NEXT_FREE);
        } else if (untouched <= capacity) {
            mapping = untouched++;
        } else {
            return 0;
        }
        long record = record(mapping);
        Memory.putInt(record + FLOWS, 0);
        Memory.putInt(record + INSIDE_ADDRESS, address);
        Memory.putShort(record + INSIDE_PORT, port);
        Memory.putShort(record + DOMAIN, domain);
        Memory.putInt(record + EXTERNAL_ADDRESS, externalAddress);
        Memory.putShort(record + EXTERNAL_PORT, externalPort);
        Memory.putByte(record + PROTOCOL, protocol);
        Memory.putByte(record + LATE_PACKETS, 0);
        Memory.putInt(record + REMOTE_ADDRESS, remoteAddress);
        Memory.putShort(record + REMOTE_PORT, remotePort);
        index.insert(hashOf(entry(mapping, INSIDE)), entry(mapping, INSIDE));
        index.insert(hashOf(entry(mapping, EXTERNAL)), entry(mapping, EXTERNAL));
        size++;
        return mapping;
    }

    /** Forgets a mapping. */
    public void remove(int mapping) {
        index.remove(hashOf(entry(mapping, INSIDE)), entry(mapping, INSIDE));
        index.remove(hashOf(entry(mapping, EXTERNAL)), entry(mapping, EXTERNAL));
        Memory.putInt(record(mapping) + NEXT_FREE, firstFree);
        firstFree = mapping;
        size--;
    }

    /** One more flow uses it. */
    public void addFlow(int mapping) {
        long flows = record(mapping) + FLOWS;
        Memory.putInt(flows, Memory.getInt(flows) + 1);
    }

    /** One flow less uses it; returns how many are left. */
    public int removeFlow(int mapping) {
        long flows = record(mapping) + FLOWS;
        int left = Memory.getInt(flows) - 1;
        Memory.putInt(flows, left);
        return left;
    }

    /** A flow of it has ended whose late packets may still come. */
    public void expectLatePackets(int mapping) {
        Memory.putByte(record(mapping) + LATE_PACKETS, 1);
    }

    /** Whether late packets may come of a flow of it that has ended. */
    public boolean expectsLatePackets(int mapping) {
        return Memory.getByte(record(mapping) + LATE_PACKETS) != 0;
    }

    /** How many flows use it. */
    public int flows(int mapping) {
        return Memory.getInt(record(mapping) + FLOWS);
    }

    /** Number of mappings. */
    public int size() {
        return size;
    }

    /** Address of the inside endpoint. */
    public int insideAddress(int mapping) {
        return Memory.getInt(record(mapping) + INSIDE_ADDRESS);
    }

    /** Port of the inside endpoint. */
    public int insidePort(int mapping) {
        return Memory.getShort(record(mapping) + INSIDE_PORT);
    }

    /** Domain of the inside endpoint. */
    public int domain(int mapping) {
        return Memory.getShort(record(mapping) + DOMAIN);
    }

    /** External address. */
    public int externalAddress(int mapping) {
        return Memory.getInt(record(mapping) + EXTERNAL_ADDRESS);
    }

    /** External port. */
    public int externalPort(int mapping) {
        return Memory.getShort(record(mapping) + EXTERNAL_PORT);
    }

    /** Protocol. */
    public int protocol(int mapping) {
        return Memory.getByte(record(mapping) + PROTOCOL);
    }

    @Override
    public void close() {
        index.close();
        records.close();
    }

    private static int entry(int mapping, int side) {
        return mapping << 1 | side;
    }

    private static int mapping(int entry) {
        return entry >>> 1;
    }

    private static int side(int entry) {
        return entry & 1;
    }

    private long record(int mapping) {
        return base + (long) mapping * BYTES;
    }

    private long hashOf(int entry) {
        int mapping = mapping(entry);
        long record = record(mapping);
        return side(entry) == INSIDE
                ? insideHash(
                        domain(mapping),
                        protocol(mapping),
                        insideAddress(mapping),
                        insidePort(mapping),
                        Memory.getInt(record + REMOTE_ADDRESS),
                        Memory.getShort(record + REMOTE_PORT))
                : externalHash(protocol(mapping), externalAddress(mapping), externalPort(mapping));
    }

    private long insideHash(
            int domain, int protocol, int address, int port, int remoteAddress, int remotePort) {
        return hash.of(
                (long) address << 32 | Integer.toUnsignedLong(remoteAddress),
                (long) domain << 48
                        | (long) port << 32
                        | (long) remotePort << 16
                        | protocol << 1
                        | INSIDE);
    }

    private long externalHash(int protocol, int address, int port) {
        return hash.of(
                Integer.toUnsignedLong(address), (long) port << 32 | protocol << 1 | EXTERNAL);
    }
}
