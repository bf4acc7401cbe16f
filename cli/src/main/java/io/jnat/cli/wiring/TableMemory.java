package io.jnat.cli.wiring;

import com.sun.management.OperatingSystemMXBean;
import io.jnat.cli.engine.Log;
import java.io.IOException;
import java.lang.management.ManagementFactory;

/**
 * Whether the tables that a configuration asks for fit the machine, and the JVM. They are filled
 * with zeros when they are made, so that where they do not fit the kernel would end the process
 * without a word, at each start anew.
 *
 * @param flows capacity of the flow table
 */
record TableMemory(int flows) {
    /** Records and their indexes, off the heap; tables of a power of two may be half empty. */
    private static final int NATIVE_BYTES_A_FLOW = 150;

    /** What is counted for each flow, on the heap. */
    private static final int HEAP_BYTES_A_FLOW = 62;

    /** What an instance takes without flows, at rest and without vectors. */
    private static final long INSTANCE_MEGABYTES = 90;

    /** What the JVM is to have for all that does not depend on the number of flows. */
    private static final long OTHER_MEGABYTES = 64;

    /**
     * Compares with the memory of the machine, or of its control group.
     *
     * @param log told when it may be too little
     * @throws IOException when it is too little for the tables alone
     */
    void check(Log log) throws IOException {
        check(
                ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                        .getTotalMemorySize(),
                log);
    }

    /** The same with so much memory. */
    void check(long memoryBytes, Log log) throws IOException {
        long memory = memoryBytes >> 20;
        long tables = megabytes(NATIVE_BYTES_A_FLOW + HEAP_BYTES_A_FLOW);
        if (tables > memory) {
            throw new IOException(
                    "engine.flows: %d take %d MB, and this machine or control group has %d MB (expected: at most %d flows here)"
                            .formatted(flows, tables, memory, mostFlows(memory)));
        }
        if (tables + INSTANCE_MEGABYTES > memory) {
            log.warning(
                    "this machine or control group has %d MB of memory, and jnat takes up to %d (%d of them when all of engine.flows = %d are there): the kernel may end it"
                            .formatted(memory, tables + INSTANCE_MEGABYTES, tables, flows));
        }
    }

    /** What to say when the JVM did not get them. */
    IOException refused(OutOfMemoryError refusal) {
        return new IOException(
                "engine.flows: %d do not fit the memory that the JVM may use (%s); take fewer, or JNAT_JAVA_OPTS='-Xmx%dm -XX:MaxDirectMemorySize=%dm'"
                        .formatted(
                                flows,
                                refusal.getMessage(),
                                OTHER_MEGABYTES + megabytes(HEAP_BYTES_A_FLOW),
                                OTHER_MEGABYTES + megabytes(NATIVE_BYTES_A_FLOW)),
                refusal);
    }

    private long megabytes(int bytesAFlow) {
        return ((long) flows * bytesAFlow + (1 << 20) - 1) >> 20;
    }

    private static long mostFlows(long memory) {
        long room = Math.max(memory - INSTANCE_MEGABYTES, 1) << 20;
        return room / (NATIVE_BYTES_A_FLOW + HEAP_BYTES_A_FLOW);
    }
}
