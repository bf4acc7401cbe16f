package io.jnat.wireguard.session;

/**
 * Which counters were seen, of the newest {@value #PACKETS} (RFC 6479): a ring of 64-bit words of
 * which the oldest is cleared when the newest moves on, so that nothing is ever shifted.
 *
 * <p>Owner: engine, in the section. Allocates nothing.
 */
final class ReplayWindow {
    private static final int WORDS = 128;
    private static final int WORD_BITS_SHIFT = 6;

    /** How far a packet may lag behind the newest: one word less than the ring has. */
    static final int PACKETS = (WORDS - 1) * Long.SIZE;

    private final long[] seen = new long[WORDS];
    private long newest;

    /** A window that has seen nothing. */
    ReplayWindow() {}

    /**
     * Accepts a counter once; only for packets that are authenticated.
     *
     * @param counter unsigned
     * @return false when it was seen already, or is too old to know
     */
    boolean accept(long counter) {
        if (Long.compareUnsigned(counter, newest) > 0) {
            moveTo(counter);
        } else if (Long.compareUnsigned(newest - counter, PACKETS) > 0) {
            return false;
        }
        int word = (int) (counter >>> WORD_BITS_SHIFT) & (WORDS - 1);
        long bit = 1L << counter;
        if ((seen[word] & bit) != 0) {
            return false;
        }
        seen[word] |= bit;
        return true;
    }

    private void moveTo(long counter) {
        long from = newest >>> WORD_BITS_SHIFT;
        long words = Math.min((counter >>> WORD_BITS_SHIFT) - from, WORDS);
        for (long step = 1; step <= words; step++) {
            seen[(int) (from + step) & (WORDS - 1)] = 0;
        }
        newest = counter;
    }
}
