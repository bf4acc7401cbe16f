package io.jnat.core.engine;

/**
 * A step over many packets that can be done in parts, each on another thread: the cipher's work.
 */
@FunctionalInterface
public interface PacketStep {
    /**
     * Does some of the packets; no packet's work depends on another's.
     *
     * @param worker whose cipher and scratch memory to use: 0 for the engine thread, whose step it
     *     is, 1 and up for the workers
     * @param first the first packet
     * @param count how many
     */
    void run(int worker, int first, int count);
}
