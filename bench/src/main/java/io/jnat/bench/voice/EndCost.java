package io.jnat.bench.voice;

/**
 * What one end of the tunnel cost in a phase; -1 where it cannot be told.
 *
 * @param name relay or router
 * @param cpuSeconds of its process
 * @param residentBytes of its process, at the end
 * @param collections of garbage
 * @param collectionMillis that they took, all together
 * @param allocatedBytes by its engine threads
 * @param packets that crossed it, the segments of the transfer among them
 */
public record EndCost(
        String name,
        double cpuSeconds,
        long residentBytes,
        long collections,
        long collectionMillis,
        long allocatedBytes,
        long packets) {

    /** Garbage a packet; not a number where it cannot be told. */
    public double allocatedBytesPerPacket() {
        return allocatedBytes < 0 || packets <= 0 ? Double.NaN : (double) allocatedBytes / packets;
    }

    /** This and another stretch of time of the same end. */
    public EndCost plus(EndCost other) {
        boolean told = collections >= 0 && other.collections >= 0;
        return new EndCost(
                name,
                cpuSeconds + other.cpuSeconds,
                Math.max(residentBytes, other.residentBytes),
                told ? collections + other.collections : -1,
                told ? collectionMillis + other.collectionMillis : -1,
                told ? allocatedBytes + other.allocatedBytes : -1,
                told ? packets + other.packets : -1);
    }
}
