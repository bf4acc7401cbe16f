package io.jnat.nat.port;

/**
 * The ports of one external address and protocol (or the ICMP query identifiers), each free, used,
 * resting or reserved. Every operation takes the same short time, whether one port is in use or all
 * but one: free ports lie packed in a permutation, so that a random one is picked by its place, and
 * never by trying.
 *
 * <p>Classes (RFC 4787 REQ-3, RFC 6056): a port below 1024 is replaced by one below 1024, a higher
 * one by a higher one; where no low port is left, or none is ours to give, the low one is replaced
 * by a high one, because NTP from port 123 is better translated than refused. A released port
 * rests, unless it is known to be quiet, so that late packets of its last user do not reach the
 * next one; that last user itself may have it back at once.
 *
 * <p>Port 0 belongs to nobody. Owner: engine thread. 1.1 MB, allocated at the start.
 */
public final class PortPool {
    /** No port could be had. */
    public static final int NONE = -1;

    /** How long a released port rests. A choice of ours: the longest that TCP's segments live. */
    public static final int REST_MILLIS = 120_000;

    private static final int PORTS = 65_536;
    private static final int CLASS_BORDER = 1024;

    /** Ports that came to the end of their rest and are freed by one call, at most. */
    private static final int AWAKENED_PER_CALL = 8;

    private static final byte RESERVED = 0;
    private static final byte FREE = 1;
    private static final byte USED = 2;
    private static final byte RESTING = 3;

    private final PortRandom random;

    /** A permutation of each class; the free ports of the class are at its start. */
    private final char[] order = new char[PORTS];

    /** Where each port stands in {@link #order}. */
    private final char[] place = new char[PORTS];

    private final byte[] state = new byte[PORTS];

    /** Whether the port may be given out at all, now or once its user has released it. */
    private final boolean[] open = new boolean[PORTS];

    private final int[] lastOwner = new int[PORTS];
    private final int[] restEndMillis = new int[PORTS];

    /** The resting ports as a list in the order of their release; 0 is its head and its end. */
    private final char[] nextResting = new char[PORTS];

    private final char[] previousResting = new char[PORTS];

    private int freeLow;
    private int freeHigh;
    private int used;

    /** A pool in which every port is reserved; {@link #open} gives it some. */
    public PortPool(PortRandom random) {
        this.random = random;
        for (int port = 0; port < PORTS; port++) {
            order[port] = (char) port;
            place[port] = (char) port;
        }
    }

    /** Lets ports be given out. Control plane, in the section. */
    public void open(int first, int last) {
        for (int port = Math.max(first, 1); port <= last; port++) {
            open[port] = true;
            if (state[port] == RESERVED) {
                free(port);
            }
        }
    }

    /**
     * Keeps ports for somebody else: a forward, the tunnel's socket, the host (CVE-2021-3773). One
     * that is in use is kept back when it is released; one that rests has rested. Control plane, in
     * the section.
     */
    public void reserve(int first, int last) {
        for (int port = Math.max(first, 1); port <= last; port++) {
            open[port] = false;
            if (state[port] == FREE) {
                unfree(port);
                state[port] = RESERVED;
            } else if (state[port] == RESTING) {
                endRest(port);
                state[port] = RESERVED;
            }
        }
    }

    /**
     * Takes a port: the wanted one if it is free, or rests after the same owner's use; else a
     * random one of its class.
     *
     * @param wanted the inside port, 0 to 65535
     * @param owner a number that identifies the inside endpoint
     * @return the port, or {@link #NONE} when there is none left
     */
    public int take(int wanted, int owner, long nowNanos) {
        int nowMillis = millis(nowNanos);
        awaken(nowMillis);
        if (state[wanted] == RESTING && lastOwner[wanted] == owner) {
            endRest(wanted);
            return use(wanted, owner);
        }
        if (state[wanted] == FREE) {
            unfree(wanted);
            return use(wanted, owner);
        }
        boolean low = wanted < CLASS_BORDER && freeLow > 0;
        int free = low ? freeLow : freeHigh;
        if (free == 0) {
            return NONE;
        }
        int port = order[(low ? 0 : CLASS_BORDER) + random.below(free)];
        unfree(port);
        return use(port, owner);
    }

    /**
     * Gives a port back.
     *
     * @param quiet whether nothing can come for it any more (TCP tracked to its end), so that it
     *     need not rest
     */
    public void release(int port, boolean quiet, long nowNanos) {
        release(port, !quiet, millis(nowNanos));
    }

    /**
     * Gives a port back from which no packet was sent. Where its last owner took it out of its
     * rest, it rests again.
     */
    public void releaseUnused(int port, long nowNanos) {
        int nowMillis = millis(nowNanos);
        release(port, isRestAhead(port, nowMillis), nowMillis);
    }

    private void release(int port, boolean rests, int nowMillis) {
        if (state[port] != USED) {
            throw new IllegalStateException("port " + port + " is not in use");
        }
        used--;
        if (!open[port]) {
            state[port] = RESERVED;
        } else if (!rests) {
            free(port);
        } else {
            state[port] = RESTING;
            restEndMillis[port] = nowMillis + REST_MILLIS;
            int last = previousResting[0];
            previousResting[port] = (char) last;
            nextResting[port] = 0;
            nextResting[last] = (char) port;
            previousResting[0] = (char) port;
        }
        awaken(nowMillis);
    }

    /** Whether the port is in use now. */
    public boolean isUsed(int port) {
        return state[port] == USED;
    }

    /** Whether the port can be given out, now or later. */
    public boolean isOpen(int port) {
        return open[port];
    }

    /** Ports that can be had at once. */
    int freePorts() {
        return freeLow + freeHigh;
    }

    /** Ports in use. */
    public int usedPorts() {
        return used;
    }

    private int use(int port, int owner) {
        state[port] = USED;
        lastOwner[port] = owner;
        used++;
        return port;
    }

    private void awaken(int nowMillis) {
        for (int freed = 0; freed < AWAKENED_PER_CALL; freed++) {
            int port = nextResting[0];
            if (port == 0 || isRestAhead(port, nowMillis)) {
                return;
            }
            endRest(port);
            free(port);
        }
    }

    /** One that ended weeks ago, and nobody has asked since, looks as if it were weeks ahead. */
    private boolean isRestAhead(int port, int nowMillis) {
        int left = restEndMillis[port] - nowMillis;
        return left > 0 && left <= REST_MILLIS;
    }

    private void endRest(int port) {
        int next = nextResting[port];
        int previous = previousResting[port];
        nextResting[previous] = (char) next;
        previousResting[next] = (char) previous;
    }

    private void free(int port) {
        state[port] = FREE;
        if (port < CLASS_BORDER) {
            exchange(port, freeLow++);
        } else {
            exchange(port, CLASS_BORDER + freeHigh++);
        }
    }

    private void unfree(int port) {
        if (port < CLASS_BORDER) {
            exchange(port, --freeLow);
        } else {
            exchange(port, CLASS_BORDER + --freeHigh);
        }
    }

    /** Moves a port to a place in the permutation, and what stood there to where it was. */
    private void exchange(int port, int to) {
        int from = place[port];
        char other = order[to];
        order[from] = other;
        place[other] = (char) from;
        order[to] = (char) port;
        place[port] = (char) to;
    }

    private static int millis(long nowNanos) {
        return (int) (nowNanos / 1_000_000);
    }
}
