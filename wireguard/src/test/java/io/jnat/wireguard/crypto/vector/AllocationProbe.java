package io.jnat.wireguard.crypto.vector;

import com.sun.management.ThreadMXBean;
import io.jnat.wireguard.crypto.PacketCipher;
import io.jnat.wireguard.crypto.PacketKey;
import java.lang.management.ManagementFactory;
import java.util.Random;

/**
 * Trains the kernels of one width as the product does, and then seals and opens bursts of all
 * forms: that may allocate nothing. In a JVM of its own: with both widths in one process C2 does
 * not always get rid of the vector objects.
 */
final class AllocationProbe {
    /** What a busy machine may still be compiling; before the first second is over it is not. */
    private static final long GIVE_UP_NANOS = 1_000_000_000L;

    private static final int CALLS = 100;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private AllocationProbe() {}

    /** Ends with 0 when nothing was allocated. */
    public static void main(String[] arguments) throws ReflectiveOperationException {
        VectorWidth width = VectorWidth.valueOf(arguments[0]);
        Random random = new Random(1);
        PacketKey key = new PacketKey(new byte[32]);
        KernelTraining training = KernelTraining.of(width, false);
        String verdict = training.run();
        if (!training.passed()) {
            System.out.println(verdict);
            System.exit(1);
        }
        if (VectorSupport.takesTwo(width)) {
            training = KernelTraining.ofTwo(width);
            verdict += "; " + training.run();
        }
        PacketCipher cipher = training.newCipher();
        try (Bursts one = new Bursts(random, new int[] {172}, 1);
                Bursts voice = new Bursts(random, new int[] {208}, 1);
                Bursts medium = new Bursts(random, new int[] {700}, 1);
                Bursts large = new Bursts(random, new int[] {1420}, 1);
                Bursts pair = new Bursts(random, new int[] {1424, 1424}, 1);
                Bursts four = new Bursts(random, new int[] {176, 176, 176, 176}, 1);
                Bursts mixed = new Bursts(random, random.ints(44, 0, 1500).toArray(), 1)) {
            long start = System.nanoTime();
            long bytes;
            do {
                bytes = allocatedBy(cipher, key, one, voice, medium, large, pair, four, mixed);
            } while (bytes > 0 && System.nanoTime() - start - GIVE_UP_NANOS < 0);
            System.out.println(bytes + " bytes for " + CALLS + " bursts of each form; " + verdict);
            System.exit(bytes == 0 ? 0 : 1);
        }
    }

    /** Less what the measurement itself takes. */
    private static long allocatedBy(PacketCipher cipher, PacketKey key, Bursts... bursts) {
        long start = THREADS.getCurrentThreadAllocatedBytes();
        long own = THREADS.getCurrentThreadAllocatedBytes() - start;
        start = THREADS.getCurrentThreadAllocatedBytes();
        for (int call = 0; call < CALLS; call++) {
            cipher.keepWarm();
            for (int at = 0; at < bursts.length; at++) {
                bursts[at].seal(cipher, key);
                bursts[at].open(cipher, key);
            }
        }
        return THREADS.getCurrentThreadAllocatedBytes() - start - own;
    }
}
