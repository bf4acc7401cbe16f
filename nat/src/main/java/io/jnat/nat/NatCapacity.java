package io.jnat.nat;

/**
 * Sizes that are fixed at the start.
 *
 * @param flows most flows; up to 212 bytes each, with what is counted and looked up
 * @param mappings most mappings of inside endpoints
 * @param devices inside devices whose flows are counted one by one
 * @param largestPacketBytes largest packet that a link gives, for fragments that must wait
 * @param seed unpredictable: keys of hashes and random ports come from it
 */
public record NatCapacity(int flows, int mappings, int devices, int largestPacketBytes, long seed) {
    private static final int SMALLEST = 16;
    private static final int MOST_FLOWS = 1 << 24;

    /** Checks the sizes. */
    public NatCapacity {
        if (flows < SMALLEST || flows > MOST_FLOWS) {
            throw new IllegalArgumentException(
                    "flows: " + flows + " (expected: " + SMALLEST + " to " + MOST_FLOWS + ")");
        }
    }

    /** What fits a number of flows. */
    public static NatCapacity of(int flows, long seed) {
        return new NatCapacity(flows, Math.min(flows, 3 * 65_536), 4096, 2048, seed);
    }
}
