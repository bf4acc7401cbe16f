package io.jnat.tun.linux;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The queues of a TUN device, and whose turn it is. The kernel spreads flows over them, so that a
 * call does not wait behind a transfer: queues with little in them are read first, then the others
 * in turn, each a {@linkplain #QUANTUM_PACKETS few packets} or one super-frame at a time.
 *
 * <p>A flow stays in one queue: its packets keep their order. The kernel chooses by a hash of
 * addresses and ports (its own, with a secret), but puts flows that came out of one queue back into
 * that one; so packets are written through a queue that is detached, from which it learns nothing.
 *
 * <p>Owner: the engine thread that has the device, but for {@link #writer}. Allocates nothing after
 * construction.
 */
final class TunQueues implements AutoCloseable {
    /**
     * As many as one {@link Epoll} tells apart: a call shares its queue with a given transfer once
     * in so many.
     */
    static final int COUNT = 63;

    /** What a queue may give before it is the next one's turn; one that gives less is sparse. */
    static final int QUANTUM_PACKETS = 8;

    private static final int NONE = -1;

    private final Kernel kernel;
    private final int[] queues;
    private final int writer;

    /** Null for a single queue, which is asked by reading it. */
    private final @Nullable Epoll epoll;

    /** Queues, by bit, that have not had their turn in this round. */
    private long waiting;

    /** Those that may have more for another round. */
    private long unfinished;

    /** Those that have given a quantum in this pass. */
    private long full;

    /** Those that gave a quantum when they were last asked: not sparse. */
    private long bulky;

    /** The bulky queue whose turn is next, or a later one's. */
    private int turn;

    /** The same of the sparse ones, of which a pass may leave some without their turn. */
    private int sparseTurn;

    private int current = NONE;
    private int quantum;

    private TunQueues(Kernel kernel, int[] queues, int writer, @Nullable Epoll epoll) {
        this.kernel = kernel;
        this.queues = queues;
        this.writer = writer;
        this.epoll = epoll;
    }

    /** One queue for everything. */
    static TunQueues single(Kernel kernel, int queue) {
        return new TunQueues(kernel, new int[] {queue}, queue, null);
    }

    /**
     * Several queues; they are this object's from now on. When it fails, they are closed but for
     * the first, which stays the caller's.
     *
     * @param queues descriptors to read from, at most {@link #COUNT}
     * @param writer descriptor to write to; may be one of them
     */
    static TunQueues of(Kernel kernel, int[] queues, int writer) throws IOException {
        Epoll epoll = null;
        try {
            epoll = Epoll.open(kernel);
            for (int at = 0; at < queues.length; at++) {
                epoll.watch(queues[at], at);
            }
            return new TunQueues(kernel, queues.clone(), writer, epoll);
        } catch (IOException | RuntimeException | Error failure) {
            if (epoll != null) {
                epoll.close();
            }
            TunQueues unwatched = new TunQueues(kernel, queues, writer, null);
            unwatched.closeAllBut(queues[0]);
            throw failure;
        }
    }

    /** Readable when one of the queues is. */
    int descriptor() {
        return epoll == null ? queues[0] : epoll.descriptor();
    }

    /** Any of them, to ask the device about itself. */
    int first() {
        return queues[0];
    }

    /** Where to write to. Any thread. */
    int writer() {
        return writer;
    }

    int count() {
        return queues.length;
    }

    /** Starts a pass over the queues that have packets now. */
    void look() {
        if (current != NONE) { // its turn was cut off, perhaps before it began
            if ((bulky & bit()) == 0) {
                sparseTurn = current;
            } else {
                turn = current;
            }
        } else if ((waiting & ~bulky) == 0) {
            sparseTurn = 0; // all of them had their turn
        }
        waiting = epoll == null ? 1 : epoll.await(0, 0);
        unfinished = 0;
        full = 0;
        current = NONE;
    }

    /** The descriptor to read from next; negative when all were found empty. */
    int next() {
        if (current == NONE) {
            if (waiting == 0) {
                waiting = unfinished;
                unfinished = 0;
            }
            if (waiting == 0) {
                return NONE;
            }
            choose();
        }
        return queues[current];
    }

    private void choose() {
        long sparse = waiting & ~bulky;
        if (sparse != 0) {
            current = firstFrom(sparseTurn, sparse);
            sparseTurn = current + 1;
        } else {
            current = firstFrom(turn, waiting);
            turn = current + 1;
        }
        waiting &= ~bit();
        quantum = QUANTUM_PACKETS;
    }

    private static int firstFrom(int start, long set) {
        return (start + Long.numberOfTrailingZeros(Long.rotateRight(set, start))) & 63;
    }

    private long bit() {
        return 1L << current;
    }

    /**
     * The queue that {@link #next} named has given a packet.
     *
     * @param large as much as a quantum
     */
    void gave(boolean large) {
        if (large || --quantum == 0) {
            full |= bit();
            bulky |= bit();
            unfinished |= bit();
            current = NONE;
        }
    }

    /** The queue that {@link #next} named is empty. */
    void empty() {
        if ((full & bit()) == 0) {
            bulky &= ~bit();
        }
        current = NONE;
    }

    @Override
    public void close() {
        if (epoll != null) {
            epoll.close();
        }
        closeAllBut(NONE);
    }

    private void closeAllBut(int kept) {
        boolean own = true;
        for (int queue : queues) {
            own &= queue != writer;
            if (queue != kept) {
                kernel.close(queue);
            }
        }
        if (own) {
            kernel.close(writer);
        }
    }
}
