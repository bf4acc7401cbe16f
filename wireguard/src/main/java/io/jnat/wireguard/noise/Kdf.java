package io.jnat.wireguard.noise;

import io.jnat.wireguard.crypto.Blake2s;
import java.util.Arrays;

/** KDF1, KDF2 and KDF3 of the WireGuard paper (section 5.4): HKDF (RFC 5869) with HMAC-BLAKE2s. */
final class Kdf {
    private Kdf() {}

    /** {@code count} keys of 32 bytes from a chaining key and input material. */
    static byte[][] derive(byte[] chain, byte[] input, int count) {
        byte[] extracted = Blake2s.hmac(chain, input);
        byte[][] derived = new byte[count][];
        byte[] previous = new byte[0];
        for (int at = 0; at < count; at++) {
            previous = Blake2s.hmac(extracted, previous, new byte[] {(byte) (at + 1)});
            derived[at] = previous;
        }
        Arrays.fill(extracted, (byte) 0);
        return derived;
    }
}
