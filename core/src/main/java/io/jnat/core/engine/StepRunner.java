package io.jnat.core.engine;

/** Gets a {@link PacketStep} done, before it returns. Owner: one engine thread. */
public interface StepRunner {
    /** The engine thread does it all. */
    StepRunner INLINE =
            new StepRunner() {
                @Override
                public void run(PacketStep step, int[] lengths, int count) {
                    if (count > 0) {
                        step.run(0, 0, count);
                    }
                }

                @Override
                public int workers() {
                    return 0;
                }
            };

    /**
     * Does {@code count} packets. A fault of a part, whoever did it, is thrown here once all parts
     * have ended; the packets must then be given up.
     *
     * @param lengths bytes of each packet, which are the work that it makes
     */
    void run(PacketStep step, int[] lengths, int count);

    /** How many threads may help; the highest number that a step sees. */
    int workers();
}
