package io.jnat.core.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A step in parts that its engine thread and the workers take from one another. All that decides
 * who gets a part is one number, changed by compare-and-set:
 *
 * <pre>
 * claim:  32 bits which step | 16 bits how many parts it has | 16 bits the next part to take
 * </pre>
 *
 * <p>As the number of the step is in it, a thread that looked at an earlier step and was then held
 * up cannot take a part of a later one by what it remembers. {@code step}, {@code packets} and
 * {@code partPackets} are written before the claim and read after it was won, and the engine thread
 * changes them only when all parts are done.
 */
final class SharedStep {
    private static final int STEP_SHIFT = 32;
    private static final int PARTS_SHIFT = 16;
    private static final int MASK = 0xffff;
    private static final int SPINS_BEFORE_YIELD = 1000;
    private static final VarHandle CLAIM;
    private static final VarHandle DONE;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            CLAIM = lookup.findVarHandle(SharedStep.class, "claim", long.class);
            DONE = lookup.findVarHandle(SharedStep.class, "done", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    @SuppressWarnings("unused") // through CLAIM
    private long claim;

    @SuppressWarnings("unused") // through DONE
    private int done;

    private @Nullable PacketStep step;
    private int packets;
    private int partPackets;
    private volatile @Nullable Throwable fault;

    /** Does all packets, so many a part, with whoever helps. Engine thread. */
    void run(PacketStep ofEngine, int count, int part) {
        int parts = (count + part - 1) / part;
        step = ofEngine;
        packets = count;
        partPackets = part;
        fault = null;
        DONE.set(this, 0);
        long number = ((long) CLAIM.getAcquire(this) >>> STEP_SHIFT) + 1;
        CLAIM.setRelease(this, number << STEP_SHIFT | (long) parts << PARTS_SHIFT);
        while (takePart(0)) {
            // the next one
        }
        int spins = 0;
        while ((int) DONE.getAcquire(this) < parts) {
            if (++spins % SPINS_BEFORE_YIELD == 0) {
                Thread.yield(); // whoever has the last part may have lost its core
            } else {
                Thread.onSpinWait();
            }
        }
        Throwable thrown = fault;
        if (thrown != null) {
            throw new IllegalStateException("a part of a step failed: " + thrown, thrown);
        }
    }

    /**
     * Takes a part and does it. Any thread.
     *
     * @return false when there is none left
     */
    boolean takePart(int worker) {
        long seen = (long) CLAIM.getAcquire(this);
        int part = (int) seen & MASK;
        int parts = (int) (seen >>> PARTS_SHIFT) & MASK;
        if (part >= parts) {
            return false;
        }
        if (!CLAIM.compareAndSet(this, seen, seen + 1)) {
            return true; // somebody else has it: look again
        }
        int first = part * partPackets;
        try {
            PacketStep mine = step;
            if (mine != null) {
                mine.run(worker, first, Math.min(partPackets, packets - first));
            }
        } catch (RuntimeException | Error thrown) {
            fault = thrown; // one of them is enough
        }
        DONE.getAndAdd(this, 1);
        return true;
    }
}
