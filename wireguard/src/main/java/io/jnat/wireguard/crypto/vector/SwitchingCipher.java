package io.jnat.wireguard.crypto.vector;

import io.jnat.wireguard.crypto.PacketCipher;
import io.jnat.wireguard.crypto.PacketKey;

/**
 * The cipher that needs no preparation until another is handed over, then that one. The switch
 * happens between two calls. Owner: one engine thread; {@link #switchTo} and {@link #takeTwo} may
 * come from any thread.
 */
final class SwitchingCipher implements PacketCipher {
    private volatile PacketCipher current;

    SwitchingCipher(PacketCipher first) {
        current = first;
    }

    void switchTo(PacketCipher other) {
        current = other;
    }

    /** From now on by two, if the vector kernels are at work. */
    void takeTwo() {
        if (current instanceof VectorCipher kernels) {
            kernels.takeTwo(true);
        }
    }

    @Override
    public void seal(
            PacketKey key, long[] addresses, int[] lengths, long[] counters, int first, int count) {
        current.seal(key, addresses, lengths, counters, first, count);
    }

    @Override
    public void open(
            PacketKey key,
            long[] addresses,
            int[] lengths,
            long[] counters,
            boolean[] authentic,
            int first,
            int count) {
        current.open(key, addresses, lengths, counters, authentic, first, count);
    }

    @Override
    public void keepWarm() {
        current.keepWarm();
    }

    @Override
    public String name() {
        return current.name();
    }
}
