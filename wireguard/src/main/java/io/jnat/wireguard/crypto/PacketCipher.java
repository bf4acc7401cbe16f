package io.jnat.wireguard.crypto;

/**
 * ChaCha20-Poly1305 (RFC 8439) without associated data, for bursts of packets in native memory, in
 * place. The nonce is four zero bytes and the packet's counter, low byte first.
 *
 * <p>Packets are named by three arrays of which the elements from {@code first} to {@code first +
 * count - 1} are used: where the text starts, how many bytes it has without its tag, and its
 * counter. Behind the text there are always {@link #TAG_BYTES} bytes for the tag.
 *
 * <p>Owner: one engine thread; each has its own.
 */
public interface PacketCipher {
    /** Bytes of the tag behind each text. */
    int TAG_BYTES = 16;

    /**
     * Encrypts the texts and writes their tags. When the key {@linkplain PacketKey#isDestroyed is
     * destroyed} afterwards, the result is worthless and must not be sent.
     */
    void seal(
            PacketKey key, long[] addresses, int[] lengths, long[] counters, int first, int count);

    /**
     * Checks the tags and decrypts. A text whose tag is wrong is left in any state and must not be
     * used.
     *
     * @param authentic gets at each packet's place whether its tag was right
     */
    void open(
            PacketKey key,
            long[] addresses,
            int[] lengths,
            long[] counters,
            boolean[] authentic,
            int first,
            int count);

    /**
     * Does what a lone voice packet needs, for the processor's caches alone: otherwise it has
     * forgotten by the next one.
     */
    void keepWarm();

    /** What it is, for the status report. */
    String name();
}
