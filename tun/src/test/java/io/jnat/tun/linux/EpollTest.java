package io.jnat.tun.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.jnat.core.engine.ReadySet;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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
        signal(descriptor);
    }

    private void signal(int eventDescriptor) {
        Memory.putLongLittleEndian(slab.address(), 1);
        assertEquals(8, kernel.write(eventDescriptor, slab.address(), 8));
    }

    @Test
    void readableDescriptorsComeBackAsTheirTokens() {
        ready.watch(new int[] {descriptor}, 62);
        assertEquals(0, ready.await(System.nanoTime(), 0));
        signal();
        assertEquals(1L << 62, ready.await(System.nanoTime(), -1));
        assertEquals(1L << 62, ready.await(System.nanoTime(), -1), "level-triggered");
        kernel.read(descriptor, slab.address(), 8);
        assertEquals(0, ready.await(System.nanoTime(), 0));
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
        ready.watch(new int[] {descriptor}, 1);
        signal();
        ready.unwatch(new int[] {descriptor});
        assertEquals(0, ready.await(System.nanoTime(), 0));
        ready.watch(new int[] {descriptor}, 2);
        ready.watch(new int[] {descriptor}, 3);
        assertEquals(1L << 3, ready.await(System.nanoTime(), 0), "the last token counts");
    }

    @Test
    void whichDescriptorsOfATokenAreReadableIsTold() {
        int[] watched = new int[64];
        try {
            for (int at = 0; at < watched.length; at++) {
                watched[at] = kernel.eventfd(0, NONBLOCK);
            }
            ready.watch(watched, 5);
            ready.watch(new int[] {descriptor}, 6);
            signal(watched[3]);
            signal(watched[63]);
            assertEquals(1L << 5, ready.await(System.nanoTime(), -1));
            assertEquals(1L << 3 | 1L << 63, ready.readable(5));
            assertEquals(0, ready.readable(6));
            signal();
            kernel.read(watched[3], slab.address(), 8);
            assertEquals(1L << 5 | 1L << 6, ready.await(System.nanoTime(), -1));
            assertEquals(1L << 63, ready.readable(5));
            assertEquals(1, ready.readable(6));
            ready.unwatch(watched);
            assertEquals(1L << 6, ready.await(System.nanoTime(), -1));
            assertEquals(0, ready.readable(5));
        } finally {
            for (int each : watched) {
                kernel.close(each);
            }
        }
    }

    @Test
    void wakeEndsTheCurrentAndOnlyOneAwait() throws InterruptedException {
        CountDownLatch woken = new CountDownLatch(1);
        Thread waiter =
                new Thread(() -> {
                    ready.await(System.nanoTime(), -1);
                    woken.countDown();
                });
        waiter.start();
        ready.wake();
        ready.wake();
        assertTrue(woken.await(5, TimeUnit.SECONDS));
        waiter.join();
        assertEquals(0, ready.await(System.nanoTime(), 0));
    }

    @Test
    void wrongTokensAndDescriptorsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> ready.watch(new int[] {descriptor}, 63));
        assertThrows(IllegalArgumentException.class, () -> ready.watch(new int[] {descriptor}, -1));
        UncheckedIOException refused =
                assertThrows(
                        UncheckedIOException.class, () -> ready.watch(new int[] {1_000_000}, 1));
        assertEquals("descriptor 1000000: epoll_ctl: EBADF (9)", refused.getCause().getMessage());
    }

    /** Without wake-up and timer a thread would wait for good. */
    @Test
    void noSetIsOpenedWithoutItsWakeUpAndTimer() {
        FakeKernel full = new FakeKernel();
        full.watchErrno = Errno.ENOSPC;
        IOException refused = assertThrows(IOException.class, () -> Epoll.open(full));
        assertTrue(refused.getMessage().contains("ENOSPC"), refused.getMessage());
        assertEquals(3, full.closed.size());
    }

    @Test
    void aSystemThatWatchesNoMoreFilesIsExplained() throws IOException {
        FakeKernel full = new FakeKernel();
        try (ReadySet unwatched = Epoll.open(full)) {
            full.watchErrno = Errno.ENOSPC;
            UncheckedIOException refused =
                    assertThrows(
                            UncheckedIOException.class, () -> unwatched.watch(new int[] {5}, 1));
            assertEquals(
                    "descriptor 5: epoll_ctl: ENOSPC (28): this system may watch no more files;"
                            + " allow it more (fs.epoll.max_user_watches)",
                    refused.getCause().getMessage());
        }
    }

    @Test
    void waitingUsesNoCore() throws InterruptedException {
        ready.watch(new int[] {descriptor}, 0);
        AtomicLong cpuNanos = new AtomicLong();
        AtomicLong elapsedNanos = new AtomicLong();
        Thread waiter =
                new Thread(() -> {
                    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
                    ready.await(System.nanoTime(), 0);
                    long start = System.nanoTime();
                    long cpu = threads.getCurrentThreadCpuTime();
                    ready.await(System.nanoTime(), 400_000_000);
                    cpuNanos.set(threads.getCurrentThreadCpuTime() - cpu);
                    elapsedNanos.set(System.nanoTime() - start);
                });
        waiter.start();
        waiter.join();
        assertTrue(elapsedNanos.get() >= 400_000_000, "waited " + elapsedNanos);
        assertTrue(cpuNanos.get() < 4_000_000, "CPU time " + cpuNanos);
    }

    @Test
    void noTimerIsEarlyAlsoWhenOneWasSetBefore() {
        ready.watch(new int[] {descriptor}, 0);
        signal();
        assertEquals(1, ready.await(System.nanoTime(), 2_000_000));
        kernel.read(descriptor, slab.address(), 8);
        long start = System.nanoTime();
        assertEquals(0, ready.await(start, 5_500_000));
        assertTrue(System.nanoTime() - start >= 5_500_000);
        assertEquals(0, ready.await(System.nanoTime(), 0));
        start = System.nanoTime();
        assertEquals(0, ready.await(start, 1_500_000));
        assertTrue(System.nanoTime() - start >= 1_500_000);
    }

    /** Answers each wait with these tokens; notes for how long the timer was set. */
    private static final class TimerKernel extends FakeKernel {
        static final int PACKET = 5;
        static final int WAKE_UP = 63;
        static final int TIMER = 64;
        static final int IN = 1;
        static final int ERROR = 8;

        final List<Long> setNanos = new ArrayList<>();
        int[] tokens = {PACKET};
        int mask = IN;
        int wakeUpsRead;
        int changes;

        Epoll watched() throws IOException {
            Epoll epoll = Epoll.open(this);
            epoll.watch(new int[] {200}, 5);
            return epoll;
        }

        @Override
        public int timerSet(int timer, int flags, long newValue) {
            setNanos.add(
                    Memory.getLongLittleEndian(newValue + 16) * 1_000_000_000
                            + Memory.getLongLittleEndian(newValue + 24));
            return 0;
        }

        @Override
        public int epollWait(int epoll, long events, int most, int timeoutMillis) {
            for (int at = 0; at < tokens.length; at++) {
                long event = events + at * (Epoll.DATA_OFFSET + 8L);
                Memory.putIntLittleEndian(event, mask);
                Memory.putLongLittleEndian(event + Epoll.DATA_OFFSET, tokens[at]);
            }
            return tokens.length;
        }

        @Override
        public int epollControl(int epoll, int operation, int fd, long event) {
            changes += operation == 3 ? 1 : 0;
            return 0;
        }

        @Override
        public long read(int fd, long buffer, long bytes) {
            wakeUpsRead++;
            return bytes;
        }
    }

    @Test
    void whatComesTogetherWithAnEarlyTimerEndsTheWait() throws IOException {
        TimerKernel together = new TimerKernel();
        try (Epoll epoll = together.watched()) {
            epoll.await(0, 1_000_000);
            together.tokens = new int[] {TimerKernel.TIMER, TimerKernel.PACKET};
            assertEquals(1L << TimerKernel.PACKET, epoll.await(500_000, 5_000_000));
            together.tokens = new int[] {TimerKernel.PACKET};
            epoll.await(1_000_000, 1_000_000);
            together.tokens = new int[] {TimerKernel.TIMER, TimerKernel.WAKE_UP};
            assertEquals(0, epoll.await(1_500_000, 5_000_000));
        }
        assertEquals(List.of(1_000_000L, 1_000_000L), together.setNanos);
        assertEquals(1, together.wakeUpsRead, "else it would be reported for ever");
    }

    @Test
    void timerThatHasGoneOffIsSetAnewWhateverTheClockSays() throws IOException {
        TimerKernel timer = new TimerKernel();
        timer.tokens = new int[] {TimerKernel.TIMER};
        try (Epoll epoll = timer.watched()) {
            assertEquals(0, epoll.await(0, 1_000_000));
            assertEquals(0, epoll.await(0, 1_000_000));
        }
        assertEquals(List.of(1_000_000L, 1_000_000L), timer.setNanos);
    }

    @Test
    void errorsMakeADescriptorQuietOnlyWithNothingToReadBetween() throws IOException {
        TimerKernel failing = new TimerKernel();
        try (Epoll epoll = failing.watched()) {
            for (int round = 0; round < 2; round++) {
                failing.mask = TimerKernel.ERROR;
                for (int at = 1; at < Epoll.ERRORS_UNTIL_QUIET; at++) {
                    epoll.await(0, 0);
                }
                failing.mask = TimerKernel.ERROR | TimerKernel.IN;
                epoll.await(0, 0);
                assertEquals(0, failing.changes);
            }
            failing.mask = TimerKernel.ERROR;
            for (int at = 0; at < 2 * Epoll.ERRORS_UNTIL_QUIET; at++) {
                epoll.await(0, 0);
            }
            assertEquals(1, failing.changes);
        }
    }

    @Test
    void signalEndsAWaitAsIfNothingWasThereAndOtherErrorsAreFaults() throws IOException {
        int[] errno = {Errno.EINTR};
        FakeKernel interrupted =
                new FakeKernel() {
                    @Override
                    public int epollWait(int epoll, long events, int most, int timeoutMillis) {
                        return -1;
                    }

                    @Override
                    public int errno() {
                        return errno[0];
                    }
                };
        try (Epoll epoll = Epoll.open(interrupted)) {
            assertEquals(0, epoll.await(0, -1));
            errno[0] = Errno.EBADF;
            assertThrows(IllegalStateException.class, () -> epoll.await(0, -1));
        }
    }

    /** To set a timer for each packet would cost more than much of what is done with it. */
    @Test
    void whilePacketsComeFastATimerIsSetOnceAMillisecond() throws IOException {
        TimerKernel packets = new TimerKernel();
        try (Epoll epoll = packets.watched()) {
            for (int at = 0; at < 100; at++) {
                assertEquals(1L << 5, epoll.await(at * 100_000L, 1_000_000));
            }
        }
        assertEquals(Collections.nCopies(10, 1_000_000L), packets.setNanos);
    }

    @Test
    void timerThatGoesOffTooEarlyIsSetForTheRest() throws IOException {
        TimerKernel packets = new TimerKernel();
        try (Epoll epoll = packets.watched()) {
            epoll.await(0, 3_000_000_000L);
            epoll.await(1_000_000_000L, 5_000_000_001L);
            packets.tokens = new int[] {TimerKernel.TIMER};
            assertEquals(0, epoll.await(2_000_000_000L, 5_000_000_000L));
        }
        assertEquals(List.of(3_000_000_000L, 4_000_000_000L), packets.setNanos);
    }

    @Test
    void timerIsSetAnewForWhatIsDueEarlier() throws IOException {
        TimerKernel packets = new TimerKernel();
        try (Epoll epoll = packets.watched()) {
            epoll.await(0, 3_000_000);
            epoll.await(1_000_000, 1_000_000);
            epoll.await(1_500_000, 0);
            epoll.await(1_600_000, -1);
        }
        assertEquals(List.of(3_000_000L, 1_000_000L), packets.setNanos);
    }
}
