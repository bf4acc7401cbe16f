package io.jnat.core.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Level-triggered readiness without a kernel: descriptors are indices into one shared board. */
final class FakeReadySet implements ReadySet {
    /** Which descriptors are readable, for all sets. */
    static final class Board {
        final ReentrantLock lock = new ReentrantLock();
        final Condition changed = lock.newCondition();
        final boolean[] readable = new boolean[8];

        /** How long each wait was to last, of all sets. */
        final List<Long> waitsNanos = Collections.synchronizedList(new ArrayList<>());

        void set(int fileDescriptor, boolean value) {
            lock.lock();
            try {
                readable[fileDescriptor] = value;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private final Board board;
    private final int[] tokens = new int[8];
    private boolean woken;

    FakeReadySet(Board board) {
        this.board = board;
        Arrays.fill(tokens, -1);
    }

    @Override
    public void watch(int[] fileDescriptors, int token) {
        tokens[fileDescriptors[0]] = token;
    }

    @Override
    public void unwatch(int[] fileDescriptors) {
        tokens[fileDescriptors[0]] = -1;
    }

    @Override
    public long readable(int token) {
        return 1;
    }

    @Override
    public long await(long nowNanos, long timeoutNanos) {
        board.waitsNanos.add(timeoutNanos);
        board.lock.lock();
        try {
            long leftNanos = Math.min(timeoutNanos, TimeUnit.SECONDS.toNanos(60));
            while (true) {
                long bits = readable();
                if (bits != 0 || woken || leftNanos <= 0) {
                    woken = false;
                    return bits;
                }
                leftNanos = board.changed.awaitNanos(leftNanos);
            }
        } catch (InterruptedException stopped) {
            return 0;
        } finally {
            board.lock.unlock();
        }
    }

    private long readable() {
        long bits = 0;
        for (int descriptor = 0; descriptor < tokens.length; descriptor++) {
            if (tokens[descriptor] >= 0 && board.readable[descriptor]) {
                bits |= 1L << tokens[descriptor];
            }
        }
        return bits;
    }

    @Override
    public void wake() {
        board.lock.lock();
        try {
            woken = true;
            board.changed.signalAll();
        } finally {
            board.lock.unlock();
        }
    }

    @Override
    public void close() {}
}
