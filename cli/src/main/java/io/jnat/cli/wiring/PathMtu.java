package io.jnat.cli.wiring;

import io.jnat.cli.engine.Log;
import io.jnat.core.engine.Link;
import io.jnat.core.time.Clock;
import io.jnat.wireguard.PeerStatus;
import io.jnat.wireguard.WireGuardDevice;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Keeps packets in the tunnel to what the path to each peer carries without fragments, which mobile
 * networks and carriers' translators like to lose (docs/decisions/027-path-mtu.md).
 *
 * <p>With each new session, which is every two minutes while packets flow, the other end is sent a
 * small probe and one as large as the configured MTU, neither of which may be fragmented on the
 * way. If the large one is not echoed, sizes between are tried, until the largest that is echoed is
 * known to 16 bytes; the large one is tried along with them, since it may have been lost as any
 * packet may. A peer that does not echo small ones is no jnat: nothing is assumed of its path.
 *
 * <p>Owner: its thread, but for {@link #wake} and {@link #onEcho}. Those never wait for it: it may
 * wait itself, for the log or the processor.
 */
final class PathMtu {
    /**
     * What IPv6 needs (RFC 8200 section 5), and nearly every path carries with WireGuard around.
     */
    static final int LEAST_BYTES = 1280;

    /** Sizes are multiples of it, as the padding of WireGuard's packets. */
    private static final int STEP_BYTES = 16;

    private static final int SMALL_BYTES = 96;

    /** Probes of one size, half a second apart. */
    static final int TRIES = 3;

    static final long TRY_MILLIS = 500;

    /** The longest that an echo is waited for after the last try: a satellite, a full buffer. */
    private static final long SLOWEST_MILLIS = 10_000;

    /** Sizes that are tried at a time: the other end takes twenty messages a second. */
    private static final int MOST_SIZES = 9;

    private static final long REST_MILLIS = 60_000;

    /** Sends a probe: {@code OtherEnds.probe}. */
    @FunctionalInterface
    interface Sender {
        /** Sends one to a peer. */
        void probe(int peer, long id, int packetBytes);
    }

    /**
     * A peer as it is now.
     *
     * @param key which it is, also after a reload
     * @param sessions that came about so far
     */
    record Other(int index, String key, String name, long sessions) {
        static List<Other> of(WireGuardDevice wireguard) {
            return wireguard.status().stream().map(Other::of).toList();
        }

        private static Other of(PeerStatus peer) {
            return new Other(
                    peer.index(),
                    peer.config().publicKey().base64(),
                    peer.config().name(),
                    peer.sessions());
        }
    }

    private final Link tunnel;
    private final Supplier<List<Other>> peers;
    private final Sender sender;
    private final Log log;
    private final Clock clock;
    private final SecureRandom random = new SecureRandom();

    /** Has a permit when there may be a new session, or the instance stops. */
    private final Semaphore news = new Semaphore(0);

    /** Whether all paths are to be measured, new session or not. */
    private volatile boolean again;

    /** By public key: sessions that a peer had when it was measured last. */
    private final Map<String, Long> measured = new HashMap<>();

    /** By public key: the largest packet that a peer has echoed, where it has echoed any. */
    private final Map<String, Integer> found = new HashMap<>();

    /** By identifier. */
    private final Map<Long, Measurement> running = new ConcurrentHashMap<>();

    /** How a peer's path is found to be. */
    private static final class Measurement {
        final Other peer;
        final int most;

        /** The largest packet that was echoed; 0: none. Written by {@link #onEcho} only. */
        volatile int echoed;

        /** The smallest that was not, of those larger; one more than {@link #most}: none. */
        int refused;

        /** What is tried now, the smallest first. */
        List<Integer> sizes = List.of(SMALL_BYTES);

        int tries;

        /** When they are tried once more, or have been waited for long enough. */
        long dueNanos;

        private final long startNanos;

        /** How long an echo is waited for after the last try. */
        private long patienceNanos = TimeUnit.MILLISECONDS.toNanos(SLOWEST_MILLIS);

        Measurement(Other peer, int most, long nowNanos) {
            this.peer = peer;
            startNanos = nowNanos;
            dueNanos = nowNanos;
            this.most = most;
            refused = most + 1;
        }

        /** Whether the sizes of now are decided. */
        boolean isDecided(long nowNanos) {
            return echoed >= sizes.getLast() || (tries == TRIES && dueNanos - nowNanos <= 0);
        }

        /** The sizes of now are tried. */
        void tried(long nowNanos) {
            long tryNanos = TimeUnit.MILLISECONDS.toNanos(TRY_MILLIS);
            tries++;
            dueNanos = nowNanos + (tries < TRIES ? tryNanos : Math.max(tryNanos, patienceNanos));
        }

        /** What to try next; empty: it is known. */
        List<Integer> next(long nowNanos) {
            int largest = echoed;
            if (largest == 0 || largest == most) {
                return List.of();
            }
            if (sizes.getLast() == SMALL_BYTES) {
                // How slow the path is, is known now: others may take twice as long.
                patienceNanos = Math.min(patienceNanos, 2 * (nowNanos - startNanos));
                return List.of(most);
            }
            if (largest >= refused) {
                refused = most; // an echo that came late
            }
            for (int size : sizes) {
                if (size > largest) {
                    refused = Math.min(refused, size);
                }
            }
            List<Integer> next = between(Math.max(largest, LEAST_BYTES - STEP_BYTES), refused);
            if (!next.isEmpty()) {
                next.add(most);
            }
            return next;
        }

        private static List<Integer> between(int low, int high) {
            int first = (low / STEP_BYTES + 1) * STEP_BYTES;
            int count = (high - 1 - first) / STEP_BYTES + 1;
            int step = STEP_BYTES * Math.max(1, (count + MOST_SIZES - 1) / MOST_SIZES);
            List<Integer> sizes = new ArrayList<>();
            for (int size = first; size < high; size += step) {
                sizes.add(size);
            }
            return sizes;
        }
    }

    /**
     * Measures nothing yet.
     *
     * @param tunnel gets the MTU
     * @param peers as they are now
     */
    PathMtu(Link tunnel, Supplier<List<Other>> peers, Sender sender, Log log, Clock clock) {
        this.tunnel = tunnel;
        this.peers = peers;
        this.sender = sender;
        this.log = log;
        this.clock = clock;
    }

    /** There may be a new session. Any thread. */
    void wake() {
        news.release();
    }

    /** This end's network is another one. Any thread. */
    void measureAgain() {
        again = true;
        news.release();
    }

    /**
     * A probe was echoed, perhaps one of the sizes before; the peer may say anything. One engine
     * thread at a time.
     */
    void onEcho(int peer, long id, int packetBytes) {
        Measurement measurement = running.get(id);
        if (measurement != null
                && measurement.peer.index() == peer
                && packetBytes > measurement.echoed
                && packetBytes <= measurement.most) {
            measurement.echoed = packetBytes;
            wake();
        }
    }

    /** Measures until the instance stops. Also {@link #wake} for the stop. */
    void keep(CountDownLatch stopping) {
        try {
            while (stopping.getCount() > 0) {
                long millis = turn() ? TRY_MILLIS : REST_MILLIS;
                if (news.tryAcquire(millis, TimeUnit.MILLISECONDS)) {
                    news.drainPermits();
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** Sends what is due; returns whether another turn is due in {@link #TRY_MILLIS}. */
    boolean turn() {
        List<Other> now = peers.get();
        Set<String> known = now.stream().map(Other::key).collect(Collectors.toSet());
        if (again) {
            again = false;
            measured.clear();
        }
        measured.keySet().retainAll(known);
        found.keySet().retainAll(known);
        running.values().removeIf(other -> !known.contains(other.peer.key()));
        for (Other peer : now) {
            Long before = measured.put(peer.key(), peer.sessions());
            if (peer.sessions() != (before == null ? 0 : before)) {
                begin(peer);
            }
        }
        running.entrySet().removeIf(entry -> !goOn(entry.getKey(), entry.getValue()));
        tunnel.pathMtus(mtus(now));
        return !running.isEmpty();
    }

    /** By peer. */
    private int[] mtus(List<Other> now) {
        int[] mtus = new int[now.stream().mapToInt(Other::index).max().orElse(-1) + 1];
        Arrays.fill(mtus, Integer.MAX_VALUE);
        for (Other peer : now) {
            Integer bytes = found.get(peer.key());
            if (bytes != null) {
                mtus[peer.index()] = Math.max(LEAST_BYTES, bytes);
            }
        }
        return mtus;
    }

    private void begin(Other peer) {
        running.values().removeIf(other -> other.peer.key().equals(peer.key()));
        running.put(random.nextLong(), new Measurement(peer, tunnel.deviceMtu(), clock.nowNanos()));
    }

    /** Sends a measurement's next probes if they are due; false when it has ended. */
    private boolean goOn(long id, Measurement measurement) {
        long nowNanos = clock.nowNanos();
        if (measurement.isDecided(nowNanos)) {
            List<Integer> sizes = measurement.next(nowNanos);
            if (sizes.isEmpty()) {
                onMeasured(measurement);
                return false;
            }
            measurement.sizes = sizes;
            measurement.tries = 0;
        } else if (measurement.dueNanos - nowNanos > 0) {
            return true;
        }
        measurement.tried(nowNanos);
        for (int size : measurement.sizes) {
            if (size > measurement.echoed) {
                sender.probe(measurement.peer.index(), id, size);
            }
        }
        return true;
    }

    private void onMeasured(Measurement measurement) {
        int most = measurement.most;
        String name = measurement.peer.name();
        int bytes = measurement.echoed;
        if (bytes == 0) {
            return; // no jnat, or a path that was lost: the next session tells
        }
        Integer before = found.put(measurement.peer.key(), bytes);
        if (bytes == (before == null ? most : before)) {
            return;
        }
        String path = "path to " + name + ": ";
        if (bytes == most) {
            log.limited(
                    Log.Level.INFO,
                    path + "carries packets of " + most + " bytes in one piece again");
        } else if (bytes < LEAST_BYTES) {
            log.limited(
                    Log.Level.WARNING,
                    path
                            + "does not carry packets of "
                            + LEAST_BYTES
                            + " bytes in one piece, and the tunnel's MTU can't be less; what is too large"
                            + " travels in fragments, which some networks lose");
        } else {
            log.limited(
                    Log.Level.INFO,
                    path
                            + "carries packets of up to "
                            + bytes
                            + " bytes in one piece, so that is the tunnel's MTU to there now"
                            + " (configured: "
                            + most
                            + ")");
        }
    }
}
