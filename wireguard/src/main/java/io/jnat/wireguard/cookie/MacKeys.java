package io.jnat.wireguard.cookie;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.jnat.wireguard.crypto.Blake2s;

/**
 * The two keys that follow from a receiver's public key (WireGuard paper, sections 5.4.4 and
 * 5.4.7). Immutable.
 */
final class MacKeys {
    private static final byte[] LABEL_MAC1 = "mac1----".getBytes(US_ASCII);
    private static final byte[] LABEL_COOKIE = "cookie--".getBytes(US_ASCII);

    private final byte[] mac1;
    private final byte[] cookie;

    private MacKeys(byte[] mac1, byte[] cookie) {
        this.mac1 = mac1;
        this.cookie = cookie;
    }

    static MacKeys of(byte[] publicKey) {
        return new MacKeys(
                Blake2s.hash(LABEL_MAC1, publicKey), Blake2s.hash(LABEL_COOKIE, publicKey));
    }

    /** Key of mac1 in messages to the receiver. */
    byte[] mac1() {
        return mac1;
    }

    /** Key of cookie replies from the receiver. */
    byte[] cookie() {
        return cookie;
    }

    /** Where mac1 lies in a handshake message. */
    static int mac1Offset(byte[] message) {
        return message.length - 2 * Blake2s.MAC_BYTES;
    }

    /** Where mac2 lies in a handshake message. */
    static int mac2Offset(byte[] message) {
        return message.length - Blake2s.MAC_BYTES;
    }
}
