package io.jnat.nat.fragment;

import io.jnat.core.engine.Emitter;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Ipv6;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Virtual reassembly (RFC 4787 REQ-14): only the first fragment of a packet has ports, so the
 * others follow its decision. Those that come before it are held, in a bounded number of places and
 * for a bounded time. Nothing is put together; every fragment leaves as it came, but for its
 * addresses.
 *
 * <p>What was received is noted in a bitmap of 8-byte units, so that an overlap (RFC 1858, RFC
 * 3128) is seen however fragments are ordered, and the entry is free again as soon as all have
 * passed.
 *
 * <p>Owner: engine thread. Allocates nothing after construction.
 */
public final class FragmentTable implements AutoCloseable {
    /** Packets in pieces at a time. */
    public static final int ENTRIES = 256;

    /** Memory for fragments that wait. */
    private static final int HELD_BYTES = 512 * 1024;

    private static final int WAYS = 4;

    /** Longer than reordering lasts, shorter than an identification takes to come round. */
    private static final long TIMEOUT_NANOS = 5_000_000_000L;

    /** Fragments of one packet that may wait: 64 KiB in pieces of 1480 bytes. */
    private static final int MAX_HELD_PER_PACKET = 48;

    private static final int UNITS = 8192;
    private static final int WORDS = UNITS / Long.SIZE;
    private static final int FREE = 0;
    private static final int WAITING = 1;
    private static final int DECIDED = 2;
    private static final int IPV6 = 1 << 31;

    private final int[] state = new int[ENTRIES];

    /** Domain, and bit 31 for IPv6. */
    private final int[] domain = new int[ENTRIES];

    /** Addresses; those of IPv4 are lower halves. */
    private final long[] sourceHigh = new long[ENTRIES];

    private final long[] sourceLow = new long[ENTRIES];
    private final long[] destinationHigh = new long[ENTRIES];
    private final long[] destinationLow = new long[ENTRIES];

    /** Identification, and on IPv4 the protocol (RFC 791; RFC 8200 section 4.5 leaves it out). */
    private final long[] identity = new long[ENTRIES];

    private final long[] deadlineNanos = new long[ENTRIES];
    private final int[] seenUnits = new int[ENTRIES];

    /** Units of the whole packet; 0 until the last fragment came. */
    private final int[] totalUnits = new int[ENTRIES];

    private final long[] bitmap = new long[ENTRIES * WORDS];
    private final int[] firstHeld = new int[ENTRIES];
    private final int[] lastHeld = new int[ENTRIES];
    private final int[] heldCount = new int[ENTRIES];

    private final int[] outLink = new int[ENTRIES];
    private final int[] outPeer = new int[ENTRIES];
    private final int[] flow = new int[ENTRIES];
    private final boolean[] original = new boolean[ENTRIES];
    private final @Nullable DropReason[] dropReason = new DropReason[ENTRIES];
    private final int[] newSource = new int[ENTRIES];
    private final int[] newDestination = new int[ENTRIES];

    private final int placeBytes;
    private final int places;
    private final Slab held;
    private final Packet[] heldPackets;
    private final int[] nextPlace;
    private int freePlace;
    private int waiting;

    /** Fragments that lost their place to others and are not counted yet. */
    private int displaced;

    private final long seed;

    /**
     * An empty table.
     *
     * @param largestPacketBytes largest packet that any link gives: larger fragments are not held
     * @param seed unpredictable, except in tests
     */
    public FragmentTable(int largestPacketBytes, long seed) {
        this.seed = seed;
        placeBytes = (Math.max(largestPacketBytes, 576) + 63) & -64;
        places = Math.max(HELD_BYTES / placeBytes, MAX_HELD_PER_PACKET);
        held = Slab.allocate(places * placeBytes);
        heldPackets = new Packet[places + 1];
        nextPlace = new int[places + 1];
        for (int place = 1; place <= places; place++) {
            heldPackets[place] = new Packet();
            nextPlace[place] = place == places ? 0 : place + 1;
        }
        freePlace = 1;
    }

    /**
     * Notes a fragment.
     *
     * @return the entry of its packet, or -1 when the fragment must be dropped as malformed
     */
    public int arrive(Packet packet, int inDomain, long nowNanos) {
        int entry = entry(packet, inDomain, nowNanos);
        int first = packet.fragmentOffset / 8;
        int units = (packet.fragmentBytes + 7) / 8;
        if (first + units > UNITS || isSeen(entry, first, units)) {
            return -1;
        }
        boolean last = !packet.moreFragments;
        int total = totalUnits[entry];
        if ((last && total != 0) || (total != 0 && first + units > total)) {
            return -1;
        }
        mark(entry, first, units);
        seenUnits[entry] += units;
        if (last) {
            totalUnits[entry] = first + units;
        }
        return entry;
    }

    /** Whether the first fragment was decided about. */
    public boolean isDecided(int entry) {
        return state[entry] == DECIDED;
    }

    /**
     * Keeps a copy of a fragment that came before the first one.
     *
     * @return why there is no room for it; null when there was
     */
    public @Nullable DropReason hold(int entry, Packet packet) {
        int place = freePlace;
        if (packet.length > placeBytes) {
            return DropReason.FRAGMENT_LARGE;
        }
        if (place == 0 || heldCount[entry] == MAX_HELD_PER_PACKET) {
            return DropReason.FRAGMENT_MEMORY;
        }
        freePlace = nextPlace[place];
        nextPlace[place] = 0;
        long at = held.address() + (long) (place - 1) * placeBytes;
        Memory.copy(packet.address, at, packet.length);
        Packet copy = heldPackets[place];
        copy.copyFrom(packet);
        copy.address = at;
        copy.remote = null;
        if (lastHeld[entry] == 0) {
            firstHeld[entry] = place;
        } else {
            nextPlace[lastHeld[entry]] = place;
        }
        lastHeld[entry] = place;
        heldCount[entry]++;
        waiting++;
        return null;
    }

    /** Takes down what was decided about the first fragment, already translated or dropped. */
    public void decide(int entry, Packet first) {
        state[entry] = DECIDED;
        outLink[entry] = first.outLink;
        outPeer[entry] = first.outPeer;
        flow[entry] = first.flow;
        original[entry] = first.originalDirection;
        dropReason[entry] = first.verdict == Packet.FORWARD ? null : first.dropReason;
        if (first.ipVersion == 4) {
            newSource[entry] = Ipv4.source(first.address);
            newDestination[entry] = Ipv4.destination(first.address);
        }
    }

    /** Gives a later fragment the decision; its IPv4 addresses become those of the first. */
    public void follow(int entry, Packet packet) {
        DropReason reason = dropReason[entry];
        if (reason != null) {
            packet.drop(reason);
            return;
        }
        packet.outLink = outLink[entry];
        packet.outPeer = outPeer[entry];
        packet.originalDirection = original[entry];
        packet.flow = -1;
        if (packet.ipVersion != 4) {
            return;
        }
        long ip = packet.address;
        if (Ipv4.source(ip) != newSource[entry]) {
            Ipv4.setSourceUpdatingChecksum(ip, newSource[entry]);
        }
        if (Ipv4.destination(ip) != newDestination[entry]) {
            Ipv4.setDestinationUpdatingChecksum(ip, newDestination[entry]);
        }
    }

    /** The flow that the first fragment belongs to; -1: none. */
    public int flow(int entry) {
        return flow[entry];
    }

    /** Whether the first fragment went in its flow's original direction. */
    public boolean original(int entry) {
        return original[entry];
    }

    /** Lets the held fragments of a decided packet go, in the order in which they came. */
    public void letGo(int entry, Emitter emitter) {
        int place = firstHeld[entry];
        while (place != 0) {
            int next = nextPlace[place];
            Packet kept = heldPackets[place];
            Packet packet = emitter.make(kept.length);
            if (packet != null) {
                long address = packet.address;
                Memory.copy(kept.address, address, kept.length);
                packet.copyFrom(kept);
                packet.address = address;
                packet.verdict = Packet.FORWARD;
                follow(entry, packet);
                if (packet.verdict == Packet.FORWARD) {
                    emitter.emit(packet);
                }
            }
            freePlace(place);
            place = next;
        }
        clearHeld(entry);
    }

    /** Frees the entry once every fragment of the packet has passed. */
    public void freeIfComplete(int entry) {
        if (totalUnits[entry] != 0 && seenUnits[entry] == totalUnits[entry]) {
            state[entry] = FREE;
        }
    }

    /** Whether {@link #expire} may have something to do. */
    public boolean isWaiting() {
        return waiting > 0 || displaced > 0;
    }

    /** Drops held fragments whose first one did not come; each is counted in the burst. */
    public void expire(Emitter emitter, long nowNanos) {
        for (int entry = 0; entry < ENTRIES && waiting > 0; entry++) {
            if (state[entry] == WAITING && deadlineNanos[entry] - nowNanos <= 0) {
                countLost(heldCount[entry], DropReason.FRAGMENT_TIMEOUT, emitter);
                clearPlaces(entry);
                state[entry] = FREE;
            }
        }
        int counted = Math.min(displaced, MAX_HELD_PER_PACKET);
        countLost(counted, DropReason.FRAGMENT_MEMORY, emitter);
        displaced -= counted;
    }

    private static void countLost(int count, DropReason reason, Emitter emitter) {
        for (int lost = 0; lost < count; lost++) {
            Packet packet = emitter.make(Ipv4.MIN_HEADER_BYTES);
            if (packet != null) {
                packet.drop(reason);
            }
        }
    }

    /** Fragments that are held now. */
    public int held() {
        return waiting;
    }

    @Override
    public void close() {
        held.close();
    }

    private int entry(Packet packet, int inDomain, long nowNanos) {
        long ip = packet.address;
        boolean ipv6 = packet.ipVersion == 6;
        long fromHigh = ipv6 ? Ipv6.sourceHigh(ip) : 0;
        long fromLow = ipv6 ? Ipv6.sourceLow(ip) : Ipv4.source(ip);
        long toHigh = ipv6 ? Ipv6.destinationHigh(ip) : 0;
        long toLow = ipv6 ? Ipv6.destinationLow(ip) : Ipv4.destination(ip);
        long id = ipv6 ? packet.fragmentId : (long) packet.fragmentId << 8 | packet.protocol;
        int in = ipv6 ? inDomain | IPV6 : inDomain;
        int set = set(mix(mix(mix(mix(seed, fromHigh), fromLow), toHigh), toLow), id ^ in);
        int oldest = set;
        for (int entry = set; entry < set + WAYS; entry++) {
            boolean live = state[entry] != FREE && deadlineNanos[entry] - nowNanos > 0;
            if (live
                    && sourceLow[entry] == fromLow
                    && sourceHigh[entry] == fromHigh
                    && destinationLow[entry] == toLow
                    && destinationHigh[entry] == toHigh
                    && identity[entry] == id
                    && domain[entry] == in) {
                return entry;
            }
            if (!live) {
                discardHeld(entry);
                state[entry] = FREE;
            }
            boolean better =
                    state[oldest] != FREE
                            && (state[entry] == FREE
                                    || deadlineNanos[entry] - deadlineNanos[oldest] < 0);
            oldest = better ? entry : oldest;
        }
        discardHeld(oldest);
        state[oldest] = WAITING;
        domain[oldest] = in;
        sourceHigh[oldest] = fromHigh;
        sourceLow[oldest] = fromLow;
        destinationHigh[oldest] = toHigh;
        destinationLow[oldest] = toLow;
        identity[oldest] = id;
        deadlineNanos[oldest] = nowNanos + TIMEOUT_NANOS;
        seenUnits[oldest] = 0;
        totalUnits[oldest] = 0;
        Arrays.fill(bitmap, oldest * WORDS, (oldest + 1) * WORDS, 0);
        return oldest;
    }

    /** First entry of the places that a packet may have. */
    private static int set(long mixed, long identity) {
        return ((int) (mix(mixed, identity) >>> 40) & (ENTRIES / WAYS - 1)) * WAYS;
    }

    private static long mix(long mixed, long word) {
        long product = (mixed ^ word) * 0x9E3779B97F4A7C15L;
        return product ^ product >>> 32;
    }

    private boolean isSeen(int entry, int first, int units) {
        for (int unit = first; unit < first + units; unit++) {
            if ((bitmap[entry * WORDS + (unit >>> 6)] >>> unit & 1) != 0) {
                return true;
            }
        }
        return false;
    }

    private void mark(int entry, int first, int units) {
        for (int unit = first; unit < first + units; unit++) {
            bitmap[entry * WORDS + (unit >>> 6)] |= 1L << unit;
        }
    }

    private void discardHeld(int entry) {
        displaced += heldCount[entry];
        clearPlaces(entry);
    }

    private void clearPlaces(int entry) {
        int place = firstHeld[entry];
        while (place != 0) {
            int next = nextPlace[place];
            freePlace(place);
            place = next;
        }
        clearHeld(entry);
    }

    private void clearHeld(int entry) {
        firstHeld[entry] = 0;
        lastHeld[entry] = 0;
        heldCount[entry] = 0;
    }

    private void freePlace(int place) {
        nextPlace[place] = freePlace;
        freePlace = place;
        waiting--;
    }
}
