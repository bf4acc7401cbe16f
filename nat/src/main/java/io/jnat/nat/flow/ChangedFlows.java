package io.jnat.nat.flow;

/**
 * Flows of a {@link FlowTable} that are others than what was written down of them: a bit each, and
 * the tick of the deadline that was written, so that a busy flow is written again every eight
 * seconds or so, and an idle one never.
 *
 * <p>Owner: engine thread. Allocates nothing after construction.
 */
public final class ChangedFlows {
    /** A tick is 8192 ms; 256 of them, half an hour, come round in a byte. */
    private static final int TICK_SHIFT = 13;

    private final long[] changed;
    private final byte[] writtenTick;
    private int hand;
    private int handBit;
    private int sweep = 1;

    /** Words that have not had their turn since everything was marked. */
    private int unseenWords;

    ChangedFlows(int capacity) {
        changed = new long[(capacity >>> 6) + 1];
        writtenTick = new byte[capacity + 1];
    }

    /** A flow began, ended, or is in another state. */
    void mark(int flow) {
        changed[flow >>> 6] |= 1L << flow;
    }

    /** Nothing is written down any more. */
    public void markAll(FlowTable table) {
        for (int flow = 1; flow < table.numbersEnd(); flow++) {
            if (table.isLive(flow)) {
                mark(flow);
            }
        }
        unseenWords = changed.length + 1; // the one that the hand stands in is looked at twice
    }

    /** Whether all flows have had their turn since everything was marked. */
    public boolean isThrough() {
        return unseenWords == 0;
    }

    /** Looks at some flows in turn, and marks those whose written deadline is stale. */
    public void sweep(FlowTable table, int flows) {
        for (int looked = 0; looked < flows; looked++) {
            sweep = sweep + 1 >= table.numbersEnd() ? 1 : sweep + 1;
            if (table.isLive(sweep) && tick(table.record(sweep)) != writtenTick[sweep]) {
                mark(sweep);
            }
        }
    }

    /**
     * The next changed flow, by rising number and from the start again; it counts as written.
     *
     * @param withHalfOpen whether flows that were heard from one side only may have their turn; a
     *     flood consists of them, and would keep the others waiting
     * @param budget how many changed flows may be passed over
     * @return 0 when there is none, or none within the budget
     */
    public int next(FlowTable table, boolean withHalfOpen, int budget) {
        int left = budget;
        for (int words = 0; words <= changed.length; words++) {
            long word = changed[hand] & -1L << handBit;
            while (word != 0) {
                int bit = Long.numberOfTrailingZeros(word);
                if (left-- == 0) {
                    handBit = bit;
                    return 0;
                }
                word &= word - 1;
                int flow = (hand << 6) + bit;
                int state = Flow.state(table.record(flow));
                if (withHalfOpen || !FlowState.isHalfOpen(state)) {
                    changed[hand] &= ~(1L << bit);
                    handBit = bit;
                    writtenTick[flow] = tick(table.record(flow));
                    return flow;
                }
            }
            handBit = 0;
            unseenWords = Math.max(unseenWords - 1, 0);
            hand = hand + 1 == changed.length ? 0 : hand + 1;
        }
        return 0;
    }

    private static byte tick(long record) {
        return (byte) (Flow.deadlineMillis(record) >>> TICK_SHIFT);
    }
}
