package io.jnat.tun.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.jnat.core.engine.ReadySet;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Waiting, on descriptors that need no root: eventfds. */
final class EpollTest {
    private static final int NONBLOCK = 0x800;

    private final Kernel kernel = NativeKernel.INSTANCE;
    private final Slab slab = Slab.allocate(64);
    private int descriptor;
    private ReadySet ready;

    @BeforeEach
    void open() throws IOException {
        descriptor = kernel.eventfd(0, NONBLOCK);
        ready = Linux.openReadySet();
    }

    @AfterEach
    void close() {
        ready.close();
        kernel.close(descriptor);
        slab.close();
    }

    private void signal() {
        Memory.putLongLittleEndian(slab.address(), 1);
        assertEquals(8, kernel.write(descriptor, slab.address(), 8));
    }

    @Test
    void readableDescriptorsComeBackAsTheirTokens() {
        ready.watch(descriptor, 62);
        assertEquals(0, ready.await(0));
        signal();
        assertEquals(1L << 62, ready.await(-1));
        assertEquals(1L << 62, ready.await(-1), "level-triggered");
        kernel.read(descriptor, slab.address(), 8);
        assertEquals(0, ready.await(0));
    }

    /**
     * Where a process runs out of descriptors depends on how many it has, so any call may say so.
     */
    @Test
    void tooFewDescriptorsAreExplained() {
        FakeKernel none =
                new FakeKernel() {
                    @Override
                    public int epollCreate(int flags) {
                        return -1;
                    }

                    @Override
                    public int errno() {
                        return Errno.EMFILE;
                    }
                };
        IOException failure = assertThrows(IOException.class, () -> Epoll.open(none));
        assertEquals(
                "epoll: epoll_create1: EMFILE (24): this process may not open more files; allow it"
                        + " more (ulimit -n, LimitNOFILE= in a unit)",
                failure.getMessage());
    }

    @Test
    void whatIsNoLongerWatchedIsNotReportedAndCanBeWatchedAgain() {
        ready.watch(descriptor, 1);
        signal();
        ready.unwatch(descriptor);
        assertEquals(0, ready.await(0));
        ready.watch(descriptor, 2);
        ready.watch(descriptor, 3);
        assertEquals(1L << 3, ready.await(0), "the last token counts");
    }

    @Test
    void wakeEndsTheCurrentAndOnlyOneAwait() throws InterruptedException {
        CountDownLatch woken = new CountDownLatch(1);
        Thread waiter =
                new Thread(() -> {
                    ready.await(-1);
                    woken.countDown();
                });
        waiter.start();
        ready.wake();
        ready.wake();
        assertTrue(woken.await(5, TimeUnit.SECONDS));
        waiter.join();
        assertEquals(0, ready.await(0));
    }

    @Test
    void wrongTokensAndDescriptorsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> ready.watch(descriptor, 63));
        assertThrows(IllegalArgumentException.class, () -> ready.watch(descriptor, -1));
        IllegalStateException refused =
                assertThrows(IllegalStateException.class, () -> ready.watch(1_000_000, 1));
        assertTrue(refused.getMessage().contains("EBADF"), refused.getMessage());
    }

    @Test
    void waitingUsesNoCore() throws InterruptedException {
        ready.watch(descriptor, 0);
        AtomicLong cpuNanos = new AtomicLong();
        AtomicLong elapsedNanos = new AtomicLong();
        Thread waiter =
                new Thread(() -> {
                    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
                    ready.await(0);
                    long start = System.nanoTime();
                    long cpu = threads.getCurrentThreadCpuTime();
                    ready.await(400_000_000);
                    cpuNanos.set(threads.getCurrentThreadCpuTime() - cpu);
                    elapsedNanos.set(System.nanoTime() - start);
                });
        waiter.start();
        waiter.join();
        assertTrue(elapsedNanos.get() >= 400_000_000, "waited " + elapsedNanos);
        assertTrue(cpuNanos.get() < 4_000_000, "CPU time " + cpuNanos);
    }

    @Test
    void timeOutsAreRoundedUpSoThatNoTimerIsEarly() {
        long start = System.nanoTime();
        ready.await(1_500_000);
        assertTrue(System.nanoTime() - start >= 1_500_000);
    }
}
