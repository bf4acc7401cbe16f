package io.jnat.core.engine;

import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Ip;
import io.jnat.core.wire.Protocol;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Which UDP flows have brought large packets out of the tunnel lately: small packets of theirs must
 * not overtake the large ones ({@link ExpressQueue}). A set of hashes in two generations: a flow
 * that is in it by mistake only loses its place in front.
 *
 * <p>Owner: whoever is in the section; {@link #contains} any engine thread, where a stale answer
 * does no harm. Allocates nothing.
 */
public final class LargeFlows {
    /** Largest packet, from its IP header on, that is small. */
    static final int SMALL_BYTES = 384;

    private static final int HASH_BITS = 16;
    private static final int WORDS = (1 << HASH_BITS) / Long.SIZE;
    private static final long GENERATION_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final long[][] generations = new long[2][WORDS];
    private int current;
    private long sinceNanos;

    /** An empty set. */
    public LargeFlows() {}

    /** Notes a parsed packet that came out of the tunnel, before it is translated. */
    void note(Packet packet, long nowNanos) {
        int bytes = packet.gsoSize == 0 ? packet.length : packet.gsoSize;
        boolean small = bytes <= SMALL_BYTES && !packet.fragment; // fragments are never passed
        if (packet.protocol != Protocol.UDP || packet.fragmentOffset != 0 || small) {
            return;
        }
        if (nowNanos - sinceNanos >= GENERATION_NANOS) {
            sinceNanos = nowNanos;
            current ^= 1;
            Arrays.fill(generations[current], 0);
        }
        int hash = hash(packet.address, packet.transportOffset);
        generations[current][hash >>> 6] |= 1L << hash;
    }

    /**
     * Whether a flow has, as far as is known.
     *
     * @param ip address of a checked IP header
     * @param transportOffset where its UDP header is, from there
     */
    boolean contains(long ip, int transportOffset) {
        int hash = hash(ip, transportOffset);
        return ((generations[0][hash >>> 6] | generations[1][hash >>> 6]) >>> hash & 1) != 0;
    }

    private static int hash(long ip, int transportOffset) {
        return (int) (Ip.flowHash(ip, transportOffset) >>> Long.SIZE - HASH_BITS);
    }
}
