package io.jnat.tun.sim;

import io.jnat.core.engine.ReadySet;
import io.jnat.core.engine.Receiver;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Waits for simulated links as {@code epoll} waits for real ones, in real time. */
public final class SimulatedReadySet implements ReadySet {
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final int TOKENS = 63;

    private final List<SimulatedReceiver> known;
    private final @Nullable SimulatedReceiver[] watched = new @Nullable SimulatedReceiver[TOKENS];
    private final Runnable signal = this::signal;
    private boolean woken;

    /**
     * A set.
     *
     * @param receivers what may be watched; receivers of simulated links only
     */
    public SimulatedReadySet(List<? extends Receiver> receivers) {
        known = receivers.stream().map(SimulatedReadySet::simulated).toList();
        known.forEach(receiver -> receiver.onReadable(signal));
    }

    private static SimulatedReceiver simulated(Receiver receiver) {
        return switch (receiver) {
            case SimulatedReceiver itself -> itself;
            case SimulatedDevice device -> device.receiver();
            default -> throw new IllegalArgumentException("not a simulated link: " + receiver);
        };
    }

    private synchronized void signal() {
        notifyAll();
    }

    @Override
    public synchronized void watch(int[] fileDescriptors, int token) {
        for (SimulatedReceiver receiver : known) {
            if (receiver.descriptor() == fileDescriptors[0]) {
                watched[token] = receiver;
                notifyAll();
                return;
            }
        }
        throw new IllegalArgumentException("unknown descriptor " + fileDescriptors[0]);
    }

    @Override
    public synchronized void unwatch(int[] fileDescriptors) {
        for (int token = 0; token < TOKENS; token++) {
            SimulatedReceiver receiver = watched[token];
            if (receiver != null && receiver.descriptor() == fileDescriptors[0]) {
                watched[token] = null;
            }
        }
    }

    @Override
    public synchronized long await(long nowNanos, long timeoutNanos) {
        long deadlineNanos = System.nanoTime() + timeoutNanos;
        long ready = ready();
        while (ready == 0 && !woken) {
            long leftNanos = timeoutNanos < 0 ? 0 : deadlineNanos - System.nanoTime();
            if (timeoutNanos >= 0 && leftNanos <= 0) {
                break;
            }
            try {
                wait(timeoutNanos < 0 ? 0 : leftNanos / NANOS_PER_MILLI + 1);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                break;
            }
            ready = ready();
        }
        woken = false;
        return ready;
    }

    /** A simulated link has one descriptor. */
    @Override
    public long readable(int token) {
        return 1;
    }

    private long ready() {
        long ready = 0;
        for (int token = 0; token < TOKENS; token++) {
            SimulatedReceiver receiver = watched[token];
            if (receiver != null && receiver.isReadable()) {
                ready |= 1L << token;
            }
        }
        return ready;
    }

    @Override
    public synchronized void wake() {
        woken = true;
        notifyAll();
    }

    @Override
    public void close() {
        known.forEach(receiver -> receiver.offReadable(signal));
    }
}
