package io.jnat.wireguard.cookie;

import io.jnat.core.packet.Endpoint;
import io.jnat.wireguard.crypto.Blake2s;
import io.jnat.wireguard.crypto.ChaCha20Poly1305;
import io.jnat.wireguard.message.CookieReply;
import io.jnat.wireguard.timer.WireGuardTiming;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * Checks mac1 and mac2 of messages to us, and makes cookie replies (WireGuard paper, section
 * 5.4.7). A cookie is a MAC of the source's address and port under a secret that turns over every
 * 120 s.
 *
 * <p>Owner: the handshake thread.
 */
public final class CookieChecker {
    private static final int SECRET_BYTES = 32;

    private final SecureRandom random;
    private final MacKeys keys;
    private final byte[] secret = new byte[SECRET_BYTES];
    private final byte[] source = new byte[18];
    private boolean secretSet;
    private long secretNanos;

    /** For messages to the owner of this public key. */
    public CookieChecker(byte[] ownPublicKey, SecureRandom random) {
        keys = MacKeys.of(ownPublicKey);
        this.random = random;
    }

    /** Whether the message was made for our public key. */
    public boolean hasValidMac1(byte[] message) {
        int at = MacKeys.mac1Offset(message);
        return matches(Blake2s.mac(keys.mac1(), message, 0, at), message, at);
    }

    /** Whether the sender got a cookie of ours at this address and port. */
    public boolean hasValidMac2(byte[] message, Endpoint from, long nowNanos) {
        int at = MacKeys.mac2Offset(message);
        return matches(Blake2s.mac(cookie(from, nowNanos), message, 0, at), message, at);
    }

    /** A cookie for the sender of a message whose mac1 is valid. */
    public byte[] reply(byte[] message, int senderIndex, Endpoint from, long nowNanos) {
        byte[] reply = CookieReply.create(senderIndex);
        byte[] nonce = new byte[CookieReply.NONCE_BYTES];
        random.nextBytes(nonce);
        int mac1At = MacKeys.mac1Offset(message);
        byte[] mac1 = Arrays.copyOfRange(message, mac1At, mac1At + Blake2s.MAC_BYTES);
        byte[] sealed =
                ChaCha20Poly1305.sealExtended(keys.cookie(), nonce, cookie(from, nowNanos), mac1);
        System.arraycopy(nonce, 0, reply, CookieReply.NONCE, nonce.length);
        System.arraycopy(sealed, 0, reply, CookieReply.COOKIE, sealed.length);
        return reply;
    }

    private byte[] cookie(Endpoint from, long nowNanos) {
        if (!secretSet || nowNanos - secretNanos >= WireGuardTiming.COOKIE_SECRET_NANOS) {
            random.nextBytes(secret);
            secretSet = true;
            secretNanos = nowNanos;
        }
        int bytes = from.v6 ? 16 : 4;
        for (int at = 0; at < bytes; at++) {
            int fromEnd = bytes - 1 - at;
            source[at] =
                    (byte)
                            (fromEnd < 8
                                    ? from.low >>> (8 * fromEnd)
                                    : from.high >>> (8 * (fromEnd - 8)));
        }
        source[bytes] = (byte) (from.port >>> 8);
        source[bytes + 1] = (byte) from.port;
        return Blake2s.mac(secret, source, 0, bytes + 2);
    }

    private static boolean matches(byte[] mac, byte[] message, int at) {
        return MessageDigest.isEqual(mac, Arrays.copyOfRange(message, at, at + Blake2s.MAC_BYTES));
    }
}
