package io.jnat.core.time;

import java.util.Arrays;

/**
 * Deadlines of numbered things (flows, a peer's timers): a hashed timing wheel in preallocated
 * arrays. Time is cut in ticks; the wheel has a slot for each of the next {@code slots} ticks, and
 * an entry hangs in the slot of its tick, later turns of the wheel included. Every deadline is
 * rounded up to a whole tick: nothing comes early, and nothing later than a tick.
 *
 * <p>Scheduling and cancelling take constant time. Moving a deadline further away, which is what
 * every packet of a flow does, is one write: the entry stays where it hangs and moves when the
 * wheel comes by. {@link #poll} does bounded work; a call that stops early goes on with the next
 * one.
 *
 * <p>Memory: 12 bytes an id and 8 a slot. Allocates nothing after construction. Owner: whoever
 * holds the engine section.
 */
public final class DeadlineWheel {
    /** Nothing is due, or {@link #poll}'s share of work is done; ask {@link #nextDeadlineNanos}. */
    public static final int NONE = -1;

    /** What {@link #nextDeadlineNanos} adds to the time when nothing is scheduled: a day. */
    public static final long IDLE_NANOS = 86_400_000_000_000L;

    /** Furthest deadline in ticks, so that their differences fit in an int. */
    private static final long MAX_TICKS_AHEAD = 1L << 30;

    /** Entries that one call of {@link #poll} looks at. */
    private static final int STEPS_PER_POLL = 256;

    private final int capacity;
    private final int mask;
    private final long tickNanos;
    private final long originNanos;

    /**
     * Tick in which an entry is due, modulo 2^32; never before the tick of the slot it hangs in.
     */
    private final int[] due;

    /** Rings of entries; a slot's own link, at {@code capacity + slot}, closes its ring. */
    private final int[] next;

    private final int[] previous;

    /** A bit for each slot whose ring is not empty. */
    private final long[] occupied;

    /** The next tick to be looked at, or the one that is being looked at. */
    private long tick;

    /** Where the look at a slot stopped; {@link #NONE} between slots. */
    private int cursor = NONE;

    private int scheduled;

    /**
     * A wheel with nothing scheduled.
     *
     * @param capacity ids are 0 to {@code capacity - 1}
     * @param slots a power of two, at least 64; best more than the usual deadline in ticks
     * @param tickNanos length of a tick
     * @param nowNanos the time
     */
    public DeadlineWheel(int capacity, int slots, long tickNanos, long nowNanos) {
        if (capacity < 1 || slots < 64 || Integer.bitCount(slots) != 1 || tickNanos < 1) {
            throw new IllegalArgumentException(
                    "capacity " + capacity + ", slots " + slots + ", tick " + tickNanos + " ns");
        }
        this.capacity = capacity;
        this.tickNanos = tickNanos;
        mask = slots - 1;
        originNanos = nowNanos;
        due = new int[capacity];
        next = new int[capacity + slots];
        previous = new int[capacity + slots];
        occupied = new long[slots / Long.SIZE];
        Arrays.fill(next, 0, capacity, NONE);
        for (int ring = capacity; ring < capacity + slots; ring++) {
            next[ring] = ring;
            previous[ring] = ring;
        }
    }

    /** How many ids are scheduled. */
    public int scheduled() {
        return scheduled;
    }

    /** Whether an id is scheduled. */
    public boolean isScheduled(int id) {
        return next[id] != NONE;
    }

    /**
     * Schedules an id, or moves its deadline. One that lies in the past comes with the next tick;
     * one more than 2^30 ticks away is shortened to that.
     */
    public void schedule(int id, long deadlineNanos) {
        long first = cursor == NONE ? tick : tick + 1;
        long wanted = Math.ceilDiv(deadlineNanos - originNanos, tickNanos);
        long dueTick = Math.min(Math.max(wanted, first), first + MAX_TICKS_AHEAD);
        if (isScheduled(id)) {
            boolean later = (int) dueTick - due[id] >= 0;
            due[id] = (int) dueTick;
            if (later) {
                return; // moves when the wheel comes by
            }
            unlink(id);
        } else {
            scheduled++;
        }
        due[id] = (int) dueTick;
        link(id, (int) dueTick & mask);
    }

    /** Forgets an id's deadline, if it has one. */
    public void cancel(int id) {
        if (isScheduled(id)) {
            unlink(id);
            scheduled--;
        }
    }

    /**
     * Takes out an id that is due. Callers call until {@link #NONE}, or as often as their share of
     * work allows.
     *
     * @return the id, no longer scheduled, or {@link #NONE}
     */
    public int poll(long nowNanos) {
        long nowTick = Math.floorDiv(nowNanos - originNanos, tickNanos);
        if (nowTick - tick > mask) {
            tick = nowTick - mask; // after a long pause one turn finds all that is due
            cursor = NONE;
        }
        for (int steps = 0; steps < STEPS_PER_POLL; steps++) {
            if (cursor == NONE && !toNextSlot(nowTick)) {
                return NONE;
            }
            if (cursor >= capacity) {
                cursor = NONE;
                tick++;
                continue;
            }
            int id = cursor;
            if (due[id] - (int) tick <= 0) {
                unlink(id);
                scheduled--;
                return id;
            }
            if ((due[id] & mask) == (tick & mask)) {
                cursor = next[id];
            } else {
                unlink(id);
                link(id, due[id] & mask);
            }
        }
        return NONE;
    }

    /**
     * When {@link #poll} wants to be called next: never later than a tick behind the earliest
     * deadline; at times too early, because moved entries hang where they were. In the past when
     * there is work left.
     */
    public long nextDeadlineNanos(long nowNanos) {
        if (cursor != NONE) {
            return nowNanos;
        }
        int distance = distanceToOccupied();
        return distance < 0 ? nowNanos + IDLE_NANOS : originNanos + (tick + distance) * tickNanos;
    }

    /** Begins with the next occupied slot that the time has reached. */
    private boolean toNextSlot(long nowTick) {
        int distance = distanceToOccupied();
        if (distance < 0 || tick + distance > nowTick) {
            tick = Math.max(tick, nowTick + 1);
            return false;
        }
        tick += distance;
        cursor = next[capacity + ((int) tick & mask)];
        return true;
    }

    /** Ticks from {@link #tick} to the next occupied slot, or -1 when the wheel is empty. */
    private int distanceToOccupied() {
        int slot = (int) tick & mask;
        int words = occupied.length;
        int word = slot / Long.SIZE;
        long bits = occupied[word] & -1L << slot;
        for (int seen = 0; seen <= words; seen++) {
            if (bits != 0) {
                int found = word * Long.SIZE + Long.numberOfTrailingZeros(bits);
                return found - slot & mask;
            }
            word = word + 1 == words ? 0 : word + 1;
            bits = occupied[word];
        }
        return -1;
    }

    private void link(int id, int slot) {
        int ring = capacity + slot;
        int last = previous[ring];
        next[last] = id;
        previous[id] = last;
        next[id] = ring;
        previous[ring] = id;
        occupied[slot / Long.SIZE] |= 1L << slot;
    }

    private void unlink(int id) {
        int before = previous[id];
        int after = next[id];
        if (cursor == id) {
            cursor = after;
        }
        next[before] = after;
        previous[after] = before;
        next[id] = NONE;
        if (before == after) {
            int slot = before - capacity;
            occupied[slot / Long.SIZE] &= ~(1L << slot);
        }
    }
}
