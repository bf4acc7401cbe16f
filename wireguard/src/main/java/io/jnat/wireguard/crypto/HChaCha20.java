package io.jnat.wireguard.crypto;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** HChaCha20 (draft-irtf-cfrg-xchacha, section 2.2): derives the key that XChaCha20 uses. */
final class HChaCha20 {
    private static final VarHandle WORD =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private HChaCha20() {}

    /** 32 bytes from a key of 32 bytes and the first 16 bytes of a nonce. */
    static byte[] subKey(byte[] key, byte[] nonce) {
        ChaCha20Block block = new ChaCha20Block();
        block.useKey(key);
        block.useNonce(
                ChaCha20Block.wordOf(nonce, 1),
                ChaCha20Block.wordOf(nonce, 2),
                ChaCha20Block.wordOf(nonce, 3));
        block.make(ChaCha20Block.wordOf(nonce, 0));
        byte[] result = new byte[32];
        for (int at = 0; at < 4; at++) {
            WORD.set(result, 4 * at, block.rounded(at));
            WORD.set(result, 16 + 4 * at, block.rounded(12 + at));
        }
        block.forgetKey();
        block.forgetStream();
        return result;
    }
}
