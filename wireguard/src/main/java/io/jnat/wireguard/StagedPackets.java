package io.jnat.wireguard;

import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropCounters;
import io.jnat.core.stat.DropReason;
import io.jnat.wireguard.timer.WireGuardTiming;
import org.jspecify.annotations.Nullable;

/**
 * A peer's packets that wait for a session (W24), oldest first, in the memory that all peers share.
 * When there are too many, the oldest make room.
 *
 * <p>Owner: engine, in the section.
 */
final class StagedPackets {
    private final StagingPool pool;
    private final StagingPool.Queue queue = new StagingPool.Queue();
    private final DropCounters drops;
    private final PeerCounters counters;

    StagedPackets(StagingPool pool, DropCounters drops, PeerCounters counters) {
        this.pool = pool;
        this.drops = drops;
        this.counters = counters;
    }

    boolean isEmpty() {
        return queue.isEmpty();
    }

    /** Keeps a copy of a packet until there is a session; null when that worked. */
    @Nullable DropReason keep(Packet packet) {
        while (queue.packets() >= WireGuardTiming.STAGED_PACKETS) {
            drops.add(DropReason.TUNNEL_STAGE_OVERFLOW, pool.removeFirst(queue));
        }
        while (!pool.hasRoom(queue, packet.length)) {
            if (queue.isEmpty()) {
                return DropReason.TUNNEL_MEMORY;
            }
            drops.add(DropReason.TUNNEL_STAGE_OVERFLOW, pool.removeFirst(queue));
        }
        pool.append(queue, packet);
        publish();
        return null;
    }

    /** The oldest one, valid until the next call; see {@link StagingPool#first}. */
    Packet first() {
        return pool.first(queue);
    }

    /** The oldest one has been sent. */
    void removeFirst() {
        pool.removeFirst(queue);
        publish();
    }

    /**
     * Drops all.
     *
     * @param reason what they are counted as; null when nobody can expect them to arrive
     */
    void drop(@Nullable DropReason reason) {
        while (!queue.isEmpty()) {
            int segments = pool.removeFirst(queue);
            if (reason != null) {
                drops.add(reason, segments);
            }
        }
        publish();
    }

    private void publish() {
        counters.set(PeerCounters.STAGED, queue.packets());
    }
}
