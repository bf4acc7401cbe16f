package io.jnat.wireguard;

import io.jnat.wireguard.crypto.X25519;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A peer's preshared key in the one place where the device keeps it: a new one is written over the
 * old one, so that no copy of a key that was replaced stays behind (W30). All zero stands for none.
 *
 * <p>Any thread. The lock is taken when a peer is configured and once a handshake, never on the
 * packet path; without it a handshake could read a key that is half the old one.
 */
final class PresharedKey {
    private final byte[] bytes = new byte[X25519.KEY_BYTES];

    /** Takes the place of the present key; null for none. */
    synchronized void replace(@Nullable WireGuardKey key) {
        if (key == null) {
            wipe();
        } else {
            key.copyTo(bytes);
        }
    }

    /** A copy for one handshake, which the caller wipes. */
    synchronized byte[] copy() {
        return bytes.clone();
    }

    /** The key for whoever may show it; null when there is none. */
    @Nullable WireGuardKey show() {
        byte[] copy = copy();
        WireGuardKey key = WireGuardKey.of(copy);
        Arrays.fill(copy, (byte) 0);
        return key.isZero() ? null : key;
    }

    /** Whether there is one. */
    synchronized boolean isSet() {
        int all = 0;
        for (byte octet : bytes) {
            all |= octet;
        }
        return all != 0;
    }

    synchronized void wipe() {
        Arrays.fill(bytes, (byte) 0);
    }

    /** The key's own bytes, not a copy; for tests of what is left of it. */
    byte[] raw() {
        return bytes;
    }

    /** Names no key material. */
    @Override
    public String toString() {
        return "PresharedKey";
    }
}
