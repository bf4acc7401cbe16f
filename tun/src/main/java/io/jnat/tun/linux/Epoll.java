package io.jnat.tun.linux;

import io.jnat.core.engine.ReadySet;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Waits with epoll, level-triggered, and an eventfd for {@link #wake}. Owner: one engine thread,
 * but for {@link #wake} and, because sockets may be opened anew, {@link #watch} and {@link
 * #unwatch}.
 *
 * <p>How long it waits is a timer's matter (timerfd), which is set when it would go off too late,
 * and not for each wait: while packets come faster than that, most waits set none. A timer that the
 * kernel has to set and take back for each packet costs a virtual machine two exits to its host.
 * When it goes off before the time is over, it is set for the rest.
 *
 * <p>A descriptor that is in error for good (a TUN device that was removed) would be reported again
 * and again; after {@value #ERRORS_UNTIL_QUIET} times in a row without anything to read it is
 * watched for changes only.
 */
final class Epoll implements ReadySet {
    private static final int CLOEXEC = 0x80000;
    private static final int NONBLOCK = 0x800;
    private static final int CTL_ADD = 1;
    private static final int CTL_DEL = 2;
    private static final int CTL_MOD = 3;
    private static final int IN = 1;
    private static final int EDGE_TRIGGERED = 1 << 31;
    private static final int WAKE_TOKEN = 63;
    private static final int TIMER_TOKEN = 64;

    /** An event's data is a token and, above it, which of its descriptors. */
    private static final int WHICH_SHIFT = 8;

    private static final int CLOCK_MONOTONIC = 1;

    /** Two devices with all their queues, sockets, wake-up and timer; more would take turns. */
    private static final int MAX_EVENTS = 160;

    static final int ERRORS_UNTIL_QUIET = 16;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    /** {@code struct epoll_event} is packed on amd64 and nowhere else. */
    private static final boolean PACKED =
            System.getProperty("os.arch", "").equals("amd64")
                    || System.getProperty("os.arch", "").equals("x86_64");

    static final int DATA_OFFSET = PACKED ? 4 : 8;
    private static final int EVENT_BYTES = PACKED ? 12 : 16;

    private final Kernel kernel;
    private final int epoll;
    private final int wakeDescriptor;
    private final int timer;
    private final Slab slab = Slab.allocate(MAX_EVENTS * EVENT_BYTES + 64);
    private final long events = slab.address() + 64;

    /** {@code struct itimerspec}: an interval of none, and seconds and nanoseconds. */
    private final long timerValue = slab.address() + 32;

    /** 8 bytes that are written to the eventfd; never changed. */
    private final long one = slab.address();

    /** 8 bytes that are read from the eventfd. */
    private final long drained = slab.address() + 8;

    /** The event of {@code epoll_ctl}; guarded by this. */
    private final long control = slab.address() + 16;

    /** By token. */
    private final int[][] descriptors = new int[WAKE_TOKEN][];

    private final int[][] errorsInRow = new int[WAKE_TOKEN][];
    private final long[] readable = new long[WAKE_TOKEN];

    /** The timer will go off, at {@link #timerAtNanos}. Owner: who waits. */
    private boolean timerSet;

    private long timerAtNanos;

    /** What the last look at the events found. Owner: who waits. */
    private boolean woken;

    private boolean timerWentOff;

    private long ready;

    private Epoll(Kernel kernel, int epoll, int wakeDescriptor, int timer) {
        this.kernel = kernel;
        this.epoll = epoll;
        this.wakeDescriptor = wakeDescriptor;
        this.timer = timer;
        Memory.putLongLittleEndian(one, 1);
    }

    static Epoll open(Kernel kernel) throws IOException {
        int epoll = kernel.epollCreate(CLOEXEC);
        if (epoll < 0) {
            throw Errno.failure("epoll", "epoll_create1", kernel.errno(), "");
        }
        int wake = kernel.eventfd(0, CLOEXEC | NONBLOCK);
        if (wake < 0) {
            IOException failure = Errno.failure("epoll", "eventfd", kernel.errno(), "");
            kernel.close(epoll);
            throw failure;
        }
        int timer = kernel.timerCreate(CLOCK_MONOTONIC, CLOEXEC | NONBLOCK);
        if (timer < 0) {
            IOException failure = Errno.failure("epoll", "timerfd_create", kernel.errno(), "");
            kernel.close(wake);
            kernel.close(epoll);
            throw failure;
        }
        Epoll opened = new Epoll(kernel, epoll, wake, timer);
        try {
            opened.watch(wake, IN, WAKE_TOKEN);
            // Reported once each time that it goes off, so that nobody has to read it.
            opened.watch(timer, IN | EDGE_TRIGGERED, TIMER_TOKEN);
        } catch (UncheckedIOException refused) {
            opened.close();
            throw refused.getCause();
        }
        return opened;
    }

    @Override
    public synchronized void watch(int[] fileDescriptors, int token) {
        if (token < 0 || token >= WAKE_TOKEN) {
            throw new IllegalArgumentException("token " + token + " (expected: 0 to 62)");
        }
        descriptors[token] = fileDescriptors;
        errorsInRow[token] = new int[fileDescriptors.length];
        for (int which = 0; which < fileDescriptors.length; which++) {
            watch(fileDescriptors[which], IN, token | which << WHICH_SHIFT);
        }
    }

    private void watch(int fileDescriptor, int mask, long data) {
        int errno = control(CTL_ADD, fileDescriptor, mask, data);
        if (errno == Errno.EEXIST) {
            errno = control(CTL_MOD, fileDescriptor, mask, data);
        }
        if (errno != 0) {
            String advice =
                    errno == Errno.ENOSPC
                            ? "this system may watch no more files; allow it more"
                                    + " (fs.epoll.max_user_watches)"
                            : "";
            throw new UncheckedIOException(
                    Errno.failure("descriptor " + fileDescriptor, "epoll_ctl", errno, advice));
        }
    }

    @Override
    public synchronized void unwatch(int[] fileDescriptors) {
        for (int fileDescriptor : fileDescriptors) {
            control(CTL_DEL, fileDescriptor, 0, 0);
        }
    }

    private synchronized int control(int operation, int fileDescriptor, int mask, long data) {
        Memory.putIntLittleEndian(control, mask);
        Memory.putLongLittleEndian(control + DATA_OFFSET, data);
        return kernel.epollControl(epoll, operation, fileDescriptor, control) < 0
                ? kernel.errno()
                : 0;
    }

    @Override
    public long await(long nowNanos, long timeoutNanos) {
        long untilNanos = nowNanos + timeoutNanos;
        boolean inTime = timerSet && timerAtNanos - nowNanos > 0 && timerAtNanos - untilNanos <= 0;
        if (timeoutNanos > 0 && !inTime) {
            setTimer(nowNanos, timeoutNanos);
        }
        while (true) {
            look(timeoutNanos == 0 ? 0 : -1);
            if (!timerWentOff || ready != 0 || woken || timeoutNanos == 0) {
                return ready;
            }
            if (timeoutNanos > 0) {
                if (timerAtNanos - untilNanos >= 0) {
                    return 0;
                }
                setTimer(timerAtNanos, untilNanos - timerAtNanos);
            }
        }
    }

    private void setTimer(long nowNanos, long timeoutNanos) {
        Memory.putLongLittleEndian(timerValue + 16, timeoutNanos / NANOS_PER_SECOND);
        Memory.putLongLittleEndian(timerValue + 24, timeoutNanos % NANOS_PER_SECOND);
        kernel.timerSet(timer, 0, timerValue);
        timerSet = true;
        timerAtNanos = nowNanos + timeoutNanos;
    }

    /** Waits for events and notes them; after a signal as if there were none. */
    private void look(int timeoutMillis) {
        ready = 0;
        woken = false;
        timerWentOff = false;
        int count = kernel.epollWait(epoll, events, MAX_EVENTS, timeoutMillis);
        if (count < 0 && kernel.errno() != Errno.EINTR) {
            throw new IllegalStateException("epoll_wait: " + Errno.name(kernel.errno()));
        }
        for (int at = 0; at < count; at++) {
            long event = events + (long) at * EVENT_BYTES;
            int data = (int) Memory.getLongLittleEndian(event + DATA_OFFSET);
            int token = data & (1 << WHICH_SHIFT) - 1;
            if (token == WAKE_TOKEN) {
                kernel.read(wakeDescriptor, drained, Long.BYTES);
                woken = true;
            } else if (token == TIMER_TOKEN) {
                timerSet = false;
                timerWentOff = true;
            } else {
                int which = data >>> WHICH_SHIFT;
                note(token, which);
                noteErrors(token, which, Memory.getIntLittleEndian(event));
            }
        }
    }

    private void note(int token, int which) {
        long before = readable(token);
        readable[token] = before | 1L << which;
        ready |= 1L << token;
    }

    private void noteErrors(int token, int which, int mask) {
        int[] inRow = errorsInRow[token];
        if ((mask & IN) != 0) {
            inRow[which] = 0;
        } else if (++inRow[which] == ERRORS_UNTIL_QUIET) {
            int data = token | which << WHICH_SHIFT;
            control(CTL_MOD, descriptors[token][which], IN | EDGE_TRIGGERED, data);
        }
    }

    @Override
    public long readable(int token) {
        return (ready >>> token & 1) == 0 ? 0 : readable[token];
    }

    @Override
    public void wake() {
        kernel.write(wakeDescriptor, one, Long.BYTES);
    }

    @Override
    public void close() {
        kernel.close(timer);
        kernel.close(wakeDescriptor);
        kernel.close(epoll);
        slab.close();
    }
}
