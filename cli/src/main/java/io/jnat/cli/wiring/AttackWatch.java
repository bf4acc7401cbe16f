package io.jnat.cli.wiring;

import io.jnat.core.stat.DropReason;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;

/**
 * Finds out from counters, once a second, that somebody floods, scans or opens too much, and gives
 * it a name. Nothing is done about it here: what is done, the engine has done already.
 *
 * <p>Owner: one control thread; {@link #attacks} may be read by any.
 */
final class AttackWatch {
    /** Seconds that a rate must stay high to be an attack, and low to be over. */
    private static final int CONFIRM_SECONDS = 2;

    private static final int OVER_SECONDS = 10;

    /**
     * Something that grows when there is an attack.
     *
     * @param key tells it from others
     * @param perSecond from which rate on it is an attack; a choice of ours, far above what devices
     *     and people do
     * @param count so far
     * @param what names it, given the rate
     * @param defence what jnat does
     */
    record Signal(
            String key, long perSecond, long count, LongFunction<String> what, String defence) {}

    /**
     * An attack that goes on.
     *
     * @param what kind, rule, device or peer, and rate
     * @param perSecond rate of the last second
     * @param seconds since it began
     * @param total packets, flows or messages since then
     * @param defence what jnat does about it
     */
    record Attack(String what, long perSecond, long seconds, long total, String defence) {}

    private static final class Track {
        private long last = -1;
        private long startCount;
        private long startSeconds;
        private long rate;
        private int high;
        private int low;
        private boolean attack;
        private Signal signal;

        Track(Signal first) {
            signal = first;
        }
    }

    private final Map<String, Track> tracks = new LinkedHashMap<>();
    private volatile List<Attack> attacks = List.of();

    /**
     * Takes the counters of this second.
     *
     * @param nowSeconds on any clock that does not jump
     * @return what began just now
     */
    List<Attack> sample(long nowSeconds, List<Signal> signals) {
        List<Attack> going = new ArrayList<>();
        List<Attack> begun = new ArrayList<>();
        for (Signal signal : signals) {
            Track track = tracks.computeIfAbsent(signal.key(), key -> new Track(signal));
            boolean before = track.attack;
            follow(track, signal, nowSeconds);
            if (track.attack) {
                Attack attack = describe(track, nowSeconds);
                going.add(attack);
                if (!before) {
                    begun.add(attack);
                }
            }
        }
        attacks = List.copyOf(going);
        return begun;
    }

    private static void follow(Track track, Signal signal, long nowSeconds) {
        long before = track.last;
        track.last = signal.count();
        track.signal = signal;
        if (before < 0 || signal.count() < before) {
            return;
        }
        track.rate = signal.count() - before;
        if (track.rate >= signal.perSecond()) {
            if (track.high == 0 && !track.attack) {
                track.startCount = before;
                track.startSeconds = nowSeconds - 1;
            }
            track.high++;
            track.low = 0;
            track.attack |= track.high >= CONFIRM_SECONDS;
        } else {
            track.high = track.attack ? track.high : 0;
            track.low++;
            if (track.low >= OVER_SECONDS) {
                track.attack = false;
                track.high = 0;
            }
        }
    }

    private static Attack describe(Track track, long nowSeconds) {
        return new Attack(
                track.signal.what().apply(track.rate),
                track.rate,
                nowSeconds - track.startSeconds,
                track.last - track.startCount,
                track.signal.defence());
    }

    /** What goes on now. */
    List<Attack> attacks() {
        return attacks;
    }

    /** A signal that is a drop counter. */
    static Signal drops(
            DropReason reason, long perSecond, long count, String what, String defence) {
        return new Signal(
                reason.name(), perSecond, count, rate -> what + ", " + rate + " a second", defence);
    }
}
