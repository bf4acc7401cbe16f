package io.jnat.wireguard.noise;

import java.time.Instant;
import java.util.Arrays;

/**
 * TAI64N stamps: 8 bytes of seconds from 2^62, 4 bytes of nanoseconds, big-endian, so that later
 * stamps are greater as byte strings. The nanoseconds are whitened to 2^24 ns (W3), so that they
 * tell nothing about the machine.
 *
 * <p>One for each peer: with one for all, many initiations at once would be dated ahead of the
 * clock, and those of a process that is started again soon after be refused.
 *
 * <p>Owner: the handshake thread.
 */
public final class Tai64n {
    /** Bytes of a stamp. */
    public static final int BYTES = 12;

    private static final long LABEL_EPOCH = 0x400000000000000aL;

    /** Stamps are apart by so much at least. */
    public static final long WHITENED_NANOS = 1L << 24;

    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private long lastSeconds;
    private long lastNanos;

    /** No stamps yet. */
    public Tai64n() {}

    /** A stamp greater than all before it, also when the wall clock was set back. */
    public byte[] next(Instant now) {
        long seconds = now.getEpochSecond();
        long nanos = now.getNano() & -WHITENED_NANOS;
        if (seconds < lastSeconds || (seconds == lastSeconds && nanos <= lastNanos)) {
            seconds = lastSeconds;
            nanos = lastNanos + WHITENED_NANOS;
            if (nanos >= NANOS_PER_SECOND) {
                seconds++;
                nanos = 0;
            }
        }
        lastSeconds = seconds;
        lastNanos = nanos;
        byte[] stamp = new byte[BYTES];
        long label = LABEL_EPOCH + seconds;
        for (int at = 0; at < 8; at++) {
            stamp[at] = (byte) (label >>> (56 - 8 * at));
        }
        for (int at = 0; at < 4; at++) {
            stamp[8 + at] = (byte) (nanos >>> (24 - 8 * at));
        }
        return stamp;
    }

    /** Whether a stamp is strictly later than another. */
    public static boolean isAfter(byte[] stamp, byte[] other) {
        return Arrays.compareUnsigned(stamp, other) > 0;
    }
}
