package io.jnat.core.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Gives the engine's state (flows, mappings, rules, sessions) one writer at a time. With one engine
 * thread it costs nothing; with two, each enters it once per burst, for microseconds, by trying in
 * a short spin. There is no queue and no parking: whoever waits has a burst in its cache.
 */
public final class EngineSection {
    private static final int SPINS_BEFORE_YIELD = 200;
    private static final VarHandle HELD;

    static {
        try {
            HELD = MethodHandles.lookup().findVarHandle(EngineSection.class, "held", boolean.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final boolean shared;

    @SuppressWarnings("unused") // through HELD
    private boolean held;

    /**
     * A section.
     *
     * @param shared whether more than one thread will enter it
     */
    public EngineSection(boolean shared) {
        this.shared = shared;
    }

    /** Waits until no other thread is inside. Not reentrant. */
    void enter() {
        if (!shared) {
            return;
        }
        int spins = 0;
        while (!HELD.compareAndSet(this, false, true)) {
            if (++spins % SPINS_BEFORE_YIELD == 0) {
                Thread.yield();
            } else {
                Thread.onSpinWait();
            }
        }
    }

    /** Lets the next one in. */
    void leave() {
        if (shared) {
            HELD.setRelease(this, false);
        }
    }
}
