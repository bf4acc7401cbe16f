package io.jnat.nat.flow;

/**
 * Ends idle flows on time: a wheel of lists, one for each second or so, linked through the records.
 * A packet only writes its flow's new deadline; the flow is moved to another list when its old
 * second comes round. So a packet costs nothing here, and each flow is looked at once in an idle
 * limit.
 *
 * <p>Owner: engine thread. Allocates nothing after construction.
 */
final class ExpiryWheel {
    /** A tick is 1024 ms. */
    private static final int TICK_SHIFT = 10;

    /** 8192 ticks are 2 h 19 min, longer than the longest default limit; longer ones come round. */
    private static final int TICKS = 8192;

    private final FlowTable table;
    private final int[] heads = new int[TICKS];

    /** The first tick that is not worked off, counted through all 2^22 of an int's milliseconds. */
    private int cursor;

    private boolean started;

    ExpiryWheel(FlowTable table) {
        this.table = table;
    }

    /** Puts a flow in by its deadline. */
    void link(int flow, int nowMillis) {
        if (table.size() == 0) {
            started = true;
            cursor = nowMillis >>> TICK_SHIFT;
        }
        long record = table.record(flow);
        int ahead = ticksFromCursor(Flow.deadlineMillis(record) >>> TICK_SHIFT);
        if (ahead < 0) {
            ahead = 0;
        } else if (ahead >= TICKS) {
            ahead = TICKS - 1;
        }
        int bucket = (cursor + ahead) & (TICKS - 1);
        int head = heads[bucket];
        Flow.next(record, head);
        Flow.previous(record, -1 - bucket);
        if (head != 0) {
            Flow.previous(table.record(head), flow);
        }
        heads[bucket] = flow;
    }

    /** Takes a flow out. */
    void unlink(int flow) {
        long record = table.record(flow);
        int next = Flow.next(record);
        int previous = Flow.previous(record);
        if (previous < 0) {
            heads[-1 - previous] = next;
        } else {
            Flow.next(table.record(previous), next);
        }
        if (next != 0) {
            Flow.previous(table.record(next), previous);
        }
    }

    /**
     * The next flow whose time is over; moves those that were refreshed meanwhile.
     *
     * @param budget how many flows and empty seconds may be looked at
     * @return a flow, still linked, which the caller removes; 0: none is due; -1: the budget is
     *     used up, and there may be more
     */
    int due(int nowMillis, int budget) {
        if (!started) {
            return 0;
        }
        int now = nowMillis >>> TICK_SHIFT;
        for (int looked = 0; looked < budget; looked++) {
            int behind = -ticksFromCursor(now);
            if (behind >= 0) {
                return 0;
            }
            int flow = heads[cursor & (TICKS - 1)];
            if (flow == 0) {
                cursor++;
                continue;
            }
            if (Flow.deadlineMillis(table.record(flow)) - nowMillis <= 0) {
                return flow;
            }
            unlink(flow);
            link(flow, nowMillis);
        }
        return -1;
    }

    /** Milliseconds until the next second is to be worked off; 0 when one is due. */
    int millisToNextTick(int nowMillis) {
        if (ticksFromCursor(nowMillis >>> TICK_SHIFT) > 0) {
            return 0;
        }
        return (1 << TICK_SHIFT) - (nowMillis & (1 << TICK_SHIFT) - 1);
    }

    /** Difference to the cursor with the sign that a wrapping counter of 22 bits has. */
    private int ticksFromCursor(int tick) {
        return (tick - cursor) << TICK_SHIFT >> TICK_SHIFT;
    }
}
