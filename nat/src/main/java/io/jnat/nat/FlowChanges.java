package io.jnat.nat;

import io.jnat.nat.flow.SavedFlow;
import java.nio.ByteBuffer;

/**
 * Flows that have changed, on their way from the engine to whoever writes them down: filled by
 * {@link NatCommand.CollectFlows}, then the writer's until it hands them over again.
 */
public final class FlowChanges {
    /** Flows that one command copies, at most: some tens of microseconds. */
    public static final int MOST = 512;

    private final ByteBuffer flows = ByteBuffer.allocateDirect(MOST * SavedFlow.BYTES);
    private final int[] numbers = new int[MOST];
    private int count;
    private boolean through;

    /** Room for {@link #MOST} flows. */
    public FlowChanges() {}

    void clear() {
        flows.clear();
        count = 0;
    }

    boolean isFull() {
        return count == MOST;
    }

    /** Where the next flow is written to, under its number. */
    ByteBuffer next(int number) {
        numbers[count++] = number;
        return flows;
    }

    void through(boolean allHadTheirTurn) {
        through = allHadTheirTurn;
    }

    /** Whether all flows have had their turn since what was handed over before counted as lost. */
    public boolean isThrough() {
        return through;
    }

    /** How many flows there are. */
    public int count() {
        return count;
    }

    /** The number of one of them, from 1; rising, but for one step back at most. */
    int number(int at) {
        return numbers[at];
    }

    /** One after the other, {@link SavedFlow#BYTES} bytes each. */
    ByteBuffer flows() {
        return flows;
    }
}
