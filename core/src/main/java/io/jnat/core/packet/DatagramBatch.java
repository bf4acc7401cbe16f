package io.jnat.core.packet;

/**
 * Datagrams that leave by the tunnel's socket: the bytes, and the runs in which they are sent. A
 * run is a sequence of datagrams to one endpoint with one TOS, all of the same length but the last,
 * which may be shorter: what one call with UDP_SEGMENT can send.
 *
 * <p>Owner: one engine thread. Filled by {@code Tunnel.stage} and {@code Tunnel.seal}, sent and
 * cleared by {@code DatagramTransmitter.transmit}.
 */
public final class DatagramBatch {
    /** Most datagrams in a batch. */
    public static final int MAX_DATAGRAMS = 1024;

    /** Bytes for the datagrams. */
    public static final int MAX_BYTES = 768 * 1024;

    /** Most payload of one segmented send (IPv4: 65,535 less 28 bytes of headers). */
    public static final int MAX_RUN_BYTES = 65_507;

    /** Most segments of one segmented send: the kernel's UDP_MAX_SEGMENTS of old. */
    public static final int MAX_RUN_SEGMENTS = 64;

    private final Slab memory = Slab.allocate(MAX_BYTES);

    /** Addresses of the datagrams, in the order in which they leave. */
    public final long[] address = new long[MAX_DATAGRAMS];

    /** Lengths of the datagrams. */
    public final int[] length = new int[MAX_DATAGRAMS];

    /** Where the datagrams go: each run's own copy, so that a peer may roam meanwhile. */
    public final Endpoint[] destination = new Endpoint[MAX_DATAGRAMS];

    /** First datagram of each run. */
    public final int[] runFirst = new int[MAX_DATAGRAMS];

    /** Number of datagrams in each run. */
    public final int[] runCount = new int[MAX_DATAGRAMS];

    /** Bytes in each run. */
    public final int[] runBytes = new int[MAX_DATAGRAMS];

    /** Outer TOS byte of each run. */
    public final int[] runTos = new int[MAX_DATAGRAMS];

    /** Peer that each run belongs to, for the accounting of send errors. */
    public final int[] runPeer = new int[MAX_DATAGRAMS];

    /** Number of datagrams. */
    public int count;

    /** Number of runs. */
    public int runs;

    /** Whether all of it leaves with Don't Fragment; what does not fit is no loss then. */
    public boolean dontFragment;

    private int usedBytes;
    private boolean runClosed;

    /** A batch with its memory. */
    public DatagramBatch() {
        for (int at = 0; at < MAX_DATAGRAMS; at++) {
            destination[at] = new Endpoint();
        }
    }

    /** Whether {@code datagrams} more datagrams of together {@code bytes} bytes fit. */
    public boolean fits(int datagrams, int bytes) {
        return count + datagrams <= MAX_DATAGRAMS && usedBytes + bytes <= MAX_BYTES;
    }

    /**
     * Room for the next datagram, directly behind the one before it, so that a run is contiguous.
     * The caller has asked {@link #fits}.
     */
    public long next() {
        return memory.address() + usedBytes;
    }

    /**
     * Takes the datagram that was laid at {@link #next} into the batch, joining it to the last run
     * if it fits.
     */
    public void add(int bytes, Endpoint to, int tos, int peer) {
        int run = runs - 1;
        if (run < 0
                || runClosed
                || bytes > length[runFirst[run]]
                || runBytes[run] + bytes > MAX_RUN_BYTES
                || runCount[run] == MAX_RUN_SEGMENTS
                || runTos[run] != tos
                || runPeer[run] != peer
                || !destination[run].same(to)) {
            run = runs++;
            runFirst[run] = count;
            runCount[run] = 0;
            runBytes[run] = 0;
            runTos[run] = tos;
            runPeer[run] = peer;
            destination[run].copyFrom(to);
            runClosed = false;
        } else if (bytes < length[runFirst[run]]) {
            runClosed = true;
        }
        address[count] = memory.address() + usedBytes;
        length[count] = bytes;
        runCount[run]++;
        runBytes[run] += bytes;
        usedBytes += bytes;
        count++;
    }

    /** Empties the batch. */
    public void clear() {
        count = 0;
        runs = 0;
        usedBytes = 0;
        runClosed = false;
        dontFragment = false;
    }

    /** Frees the memory; only when no thread uses the batch any more. */
    public void release() {
        memory.close();
    }
}
