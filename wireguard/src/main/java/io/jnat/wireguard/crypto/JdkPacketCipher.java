package io.jnat.wireguard.crypto;

import io.jnat.core.packet.Memory;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;

/**
 * The JDK's cipher behind the burst interface. It works on arrays only and allocates about 2 KB a
 * packet; everything around it allocates nothing.
 */
public final class JdkPacketCipher implements PacketCipher {
    private static final int MAX_TEXT_BYTES = 65_536;

    private final Cipher cipher = newCipher();
    private final byte[] nonce = new byte[12];

    /** Input must start at 0: at any other offset the JDK copies it into a growing buffer. */
    private final byte[] input = new byte[MAX_TEXT_BYTES + TAG_BYTES];

    private final byte[] output = new byte[MAX_TEXT_BYTES + TAG_BYTES];

    /** A cipher with its scratch memory. */
    public JdkPacketCipher() {}

    private static Cipher newCipher() {
        try {
            return Cipher.getInstance("ChaCha20-Poly1305");
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException("this JDK has no ChaCha20-Poly1305", missing);
        }
    }

    @Override
    public void seal(
            PacketKey key, long[] addresses, int[] lengths, long[] counters, int first, int count) {
        for (int at = first; at < first + count; at++) {
            int length = lengths[at];
            Memory.copy(addresses[at], input, 0, length);
            try {
                init(Cipher.ENCRYPT_MODE, key, counters[at]);
                cipher.doFinal(input, 0, length, output, 0);
            } catch (GeneralSecurityException broken) {
                if (key.isDestroyed()) {
                    return; // the caller throws the burst away
                }
                throw new IllegalStateException("a counter was used twice", broken);
            }
            Memory.copy(output, 0, addresses[at], length + TAG_BYTES);
        }
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
        for (int at = first; at < first + count; at++) {
            int length = lengths[at];
            Memory.copy(addresses[at], input, 0, length + TAG_BYTES);
            try {
                init(Cipher.DECRYPT_MODE, key, counters[at]);
                cipher.doFinal(input, 0, length + TAG_BYTES, output, 0);
                authentic[at] = true;
            } catch (AEADBadTagException wrong) {
                authentic[at] = false;
                continue;
            } catch (GeneralSecurityException broken) {
                throw new IllegalStateException("ChaCha20-Poly1305", broken);
            }
            Memory.copy(output, 0, addresses[at], length);
        }
    }

    private void init(int mode, PacketKey key, long counter) throws GeneralSecurityException {
        for (int at = 0; at < Long.BYTES; at++) {
            nonce[4 + at] = (byte) (counter >>> (8 * at));
        }
        cipher.init(mode, key, new IvParameterSpec(nonce));
    }

    /** Does nothing: each call of the JDK's cipher leaves garbage. */
    @Override
    public void keepWarm() {}

    @Override
    public String name() {
        return "JDK";
    }
}
