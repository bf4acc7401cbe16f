package io.jnat.wireguard.crypto;

/** HChaCha20 (draft-irtf-cfrg-xchacha, section 2.2): derives the key that XChaCha20 uses. */
final class HChaCha20 {
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
            ChaCha20Block.putWord(result, at, block.rounded(at));
            ChaCha20Block.putWord(result, 4 + at, block.rounded(12 + at));
        }
        block.forgetKey();
        block.forgetStream();
        return result;
    }
}
