package io.jnat.tun.linux;

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
     * As many as a {@link io.jnat.core.engine.ReadySet} tells apart: a call shares its queue with a
     * given transfer once in so many.
     */
    static final int COUNT = 64;

    /** What a queue may give before it is the next one's turn; one that gives less is sparse. */
    static final int QUANTUM_PACKETS = 8;

    private static final int NONE = -1;

    private final Kernel kernel;
    private final int[] queues;
    private final int writer;

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

    private TunQueues(Kernel kernel, int[] queues, int writer) {
        this.kernel = kernel;
        this.queues = queues;
        this.writer = writer;
    }

    /** One queue for everything. */
    static TunQueues single(Kernel kernel, int queue) {
        return new TunQueues(kernel, new int[] {queue}, queue);
    }

    /**
     * Several queues; they are this object's from now on.
     *
     * @param queues descriptors to read from, at most {@link #COUNT}
     * @param writer descriptor to write to; may be one of them
     */
    static TunQueues of(Kernel kernel, int[] queues, int writer) {
        return new TunQueues(kernel, queues.clone(), writer);
    }

    int[] descriptors() {
        return queues.clone();
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

    /**
     * Starts a pass.
     *
     * @param readable the queues that have packets, by bit; without any, the first is tried
     */
    void begin(long readable) {
        if (current != NONE) { // its turn was cut off, perhaps before it began
            if ((bulky & bit()) == 0) {
                sparseTurn = current;
            } else {
                turn = current;
            }
        } else if ((waiting & ~bulky) == 0) {
            sparseTurn = 0; // all of them had their turn
        }
        long known = readable & (-1L >>> (COUNT - queues.length));
        waiting = known == 0 ? 1 : known;
        unfinished = 0;
        full = known == 0 ? 1 : 0; // that the first is empty then says nothing about it
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
        boolean own = true;
        for (int queue : queues) {
            own &= queue != writer;
            kernel.close(queue);
        }
        if (own) {
            kernel.close(writer);
        }
    }
}
