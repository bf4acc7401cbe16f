package io.jnat.wireguard.crypto.vector;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.jnat.wireguard.crypto.JdkPacketCipher;
import io.jnat.wireguard.crypto.PacketKey;
import java.lang.management.ManagementFactory;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** In the steady state, compiled, nothing is allocated for any packet. */
class AllocationTest {
    private static final long GIVE_UP_NANOS = 120_000_000_000L;
    private static final int CALLS = 300;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Random random = new Random(1);

    @ParameterizedTest
    @EnumSource(VectorWidth.class)
    void sealingAndOpeningAllocatesNothing(VectorWidth width) throws ReflectiveOperationException {
        assumeTrue(
                VectorSupport.width(CipherChoice.AUTO).bits() >= width.bits(),
                "where the instructions are missing the JVM computes with objects");
        PacketKey key = new PacketKey(new byte[32]);
        try (VectorCipher cipher =
                        new VectorCipher(KernelClass.load(width), width, new JdkPacketCipher());
                Bursts single = new Bursts(random, new int[] {172}, 1);
                Bursts large = new Bursts(random, new int[] {1420}, 1);
                Bursts mixed = new Bursts(random, random.ints(44, 0, 1500).toArray(), 1)) {
            Runnable calls =
                    () -> {
                        for (int call = 0; call < CALLS; call++) {
                            sealAndOpen(cipher, key, single);
                            sealAndOpen(cipher, key, large);
                            sealAndOpen(cipher, key, mixed);
                        }
                    };
            long deadline = System.nanoTime() + GIVE_UP_NANOS;
            long bytes;
            do {
                bytes = allocatedBy(calls);
            } while (bytes > 0 && System.nanoTime() - deadline < 0);
            long packets = CALLS * 2L * 46;
            long left = bytes;
            assertTrue(left == 0, () -> left + " bytes for " + packets + " packets");
        }
    }

    private static void sealAndOpen(VectorCipher cipher, PacketKey key, Bursts burst) {
        burst.seal(cipher, key);
        burst.open(cipher, key);
    }

    /** Less what the measurement itself takes. */
    private long allocatedBy(Runnable calls) {
        long start = threads.getCurrentThreadAllocatedBytes();
        long own = threads.getCurrentThreadAllocatedBytes() - start;
        start = threads.getCurrentThreadAllocatedBytes();
        calls.run();
        return threads.getCurrentThreadAllocatedBytes() - start - own;
    }
}
