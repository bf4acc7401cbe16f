package io.jnat.wireguard.cookie;

import io.jnat.wireguard.crypto.Blake2s;
import io.jnat.wireguard.crypto.ChaCha20Poly1305;
import io.jnat.wireguard.message.CookieReply;
import io.jnat.wireguard.timer.WireGuardTiming;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes mac1 and mac2 into the handshake messages that one peer gets, and keeps the cookie that
 * this peer sent under load. Owner: the handshake thread.
 */
public final class MacStamp {
    private final MacKeys keys;
    private byte @Nullable [] cookie;
    private long cookieNanos;
    private byte @Nullable [] lastMac1;

    /** For messages to the owner of this public key. */
    public MacStamp(byte[] peerPublicKey) {
        keys = MacKeys.of(peerPublicKey);
    }

    /** Completes a message that is filled in but for its macs. */
    public void stamp(byte[] message, long nowNanos) {
        int mac1At = MacKeys.mac1Offset(message);
        byte[] mac1 = Blake2s.mac(keys.mac1(), message, 0, mac1At);
        System.arraycopy(mac1, 0, message, mac1At, mac1.length);
        lastMac1 = mac1;
        byte[] known = cookie;
        if (known != null && nowNanos - cookieNanos < WireGuardTiming.COOKIE_TRUST_NANOS) {
            int mac2At = MacKeys.mac2Offset(message);
            byte[] mac2 = Blake2s.mac(known, message, 0, mac2At);
            System.arraycopy(mac2, 0, message, mac2At, mac2.length);
        }
    }

    /**
     * Takes in a cookie reply. It must answer the last message: its associated data is that one's
     * mac1; a second answer to the same message counts for nothing.
     *
     * @return whether it is genuine
     */
    public boolean accept(byte[] reply, long nowNanos) {
        byte[] mac1 = lastMac1;
        if (mac1 == null) {
            return false;
        }
        byte[] nonce =
                Arrays.copyOfRange(
                        reply, CookieReply.NONCE, CookieReply.NONCE + CookieReply.NONCE_BYTES);
        byte[] sealed =
                Arrays.copyOfRange(
                        reply, CookieReply.COOKIE, CookieReply.COOKIE + CookieReply.COOKIE_BYTES);
        byte[] opened = ChaCha20Poly1305.openExtended(keys.cookie(), nonce, sealed, mac1);
        if (opened == null) {
            return false;
        }
        cookie = opened;
        cookieNanos = nowNanos;
        lastMac1 = null;
        return true;
    }
}
