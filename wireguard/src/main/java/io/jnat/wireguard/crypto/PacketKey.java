package io.jnat.wireguard.crypto;

import java.lang.invoke.VarHandle;
import java.util.Arrays;
import javax.crypto.SecretKey;

/**
 * One direction's key of a session. It can be wiped while another thread is still sealing with it;
 * that thread must then ask {@link #isDestroyed} before it lets the result out.
 */
public final class PacketKey implements SecretKey {
    private static final long serialVersionUID = 1L;

    private final byte[] bytes;
    private volatile boolean destroyed;

    /** Takes over 32 bytes; the array is wiped with the key. */
    public PacketKey(byte[] bytes) {
        if (bytes.length != 32) {
            throw new IllegalArgumentException("a key has 32 bytes");
        }
        this.bytes = bytes;
    }

    /** Word {@code at} of 8, low byte first; for ciphers only. */
    public int word(int at) {
        return Byte.toUnsignedInt(bytes[4 * at])
                | Byte.toUnsignedInt(bytes[4 * at + 1]) << 8
                | Byte.toUnsignedInt(bytes[4 * at + 2]) << 16
                | Byte.toUnsignedInt(bytes[4 * at + 3]) << 24;
    }

    @Override
    public String getAlgorithm() {
        return "ChaCha20";
    }

    @Override
    public String getFormat() {
        return "RAW";
    }

    @Override
    public byte[] getEncoded() {
        return bytes.clone();
    }

    /** Wipes the key. What was sealed while this ran must not be sent. */
    @Override
    public void destroy() {
        destroyed = true;
        VarHandle.fullFence();
        Arrays.fill(bytes, (byte) 0);
    }

    /** Whether the key was wiped before everything that this thread has read of it up to now. */
    @Override
    public boolean isDestroyed() {
        VarHandle.acquireFence();
        return destroyed;
    }

    /** Names no key material. */
    @Override
    public String toString() {
        return "PacketKey";
    }
}
