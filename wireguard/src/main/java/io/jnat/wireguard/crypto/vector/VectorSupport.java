package io.jnat.wireguard.crypto.vector;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import jdk.incubator.vector.VectorShape;
import org.jspecify.annotations.Nullable;

/** What this JVM on this machine can do with vectors. */
final class VectorSupport {
    private static final String MODULE = "jdk.incubator.vector";

    /**
     * How much memory it takes to compile the kernels beside all else that an instance has. For
     * some seconds, a process in a control group of its own had 152 MB; with less than that the
     * kernel ended it, after each start anew.
     */
    private static final int KERNELS_MEGABYTES = 160;

    /**
     * With {@link VectorKernels#roundsOfTwo} it had up to 340. That is a gain for some only, so it
     * must not come near what a small machine has.
     */
    private static final int TWO_MEGABYTES = 768;

    private VectorSupport() {}

    /** Why there are no vectors at all, or null. */
    static @Nullable String missing() {
        if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
            return "the JVM runs without --add-modules " + MODULE;
        }
        return null;
    }

    /**
     * The width to use, or null if the machine has no vectors as wide as that, or, unless they are
     * asked for, not the memory to compile their kernels.
     */
    static @Nullable VectorWidth width(CipherChoice choice) {
        return width(choice, preferredBits(), memoryBytes());
    }

    /** The same on a machine with vectors of so many bits, and with so much memory. */
    static @Nullable VectorWidth width(CipherChoice choice, int bits, long memoryBytes) {
        VectorWidth wanted =
                switch (choice) {
                    case VECTOR256 -> VectorWidth.BITS_256;
                    case VECTOR512 -> VectorWidth.BITS_512;
                    case AUTO, SCALAR, JDK ->
                            bits >= VectorWidth.BITS_512.bits()
                                    ? VectorWidth.BITS_512
                                    : VectorWidth.BITS_256;
                };
        boolean fits = choice != CipherChoice.AUTO || memoryBytes >> 20 >= KERNELS_MEGABYTES;
        return bits >= wanted.bits() && fits ? wanted : null;
    }

    /** Whether to try {@link VectorKernels#roundsOfTwo}, which has to be compiled as well. */
    static boolean takesTwo(VectorWidth width) {
        return takesTwo(width, memoryBytes());
    }

    /** The same with so much memory. */
    static boolean takesTwo(VectorWidth width, long memoryBytes) {
        return width == VectorWidth.BITS_512 && memoryBytes >> 20 >= TWO_MEGABYTES;
    }

    /** Why they are not tried where only memory is missing, to be added to what is said. */
    static String withoutTwo(VectorWidth width) {
        return withoutTwo(width, memoryBytes());
    }

    /** The same with so much memory. */
    static String withoutTwo(VectorWidth width, long memoryBytes) {
        if (width != VectorWidth.BITS_512 || takesTwo(width, memoryBytes)) {
            return "";
        }
        return "; two vectors at once, a gain on some processors, were not tried with %d MB of memory (expected: at least %d)"
                .formatted(memoryBytes >> 20, TWO_MEGABYTES);
    }

    /** What this process may have, by its machine and its control group. */
    private static long memoryBytes() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getTotalMemorySize();
    }

    /** Says why {@link #width} found none. */
    static String noWidth(CipherChoice choice) {
        if (preferredBits() >= VectorWidth.BITS_256.bits() && choice == CipherChoice.AUTO) {
            return (memoryBytes() >> 20)
                    + " MB of memory are too few to compile kernels of vectors (expected: at least "
                    + KERNELS_MEGABYTES
                    + ")";
        }
        String asked = choice == CipherChoice.AUTO ? "" : choice.text() + " asked for, but ";
        return asked + "this machine's vectors have " + preferredBits() + " bits";
    }

    /** Kernels wider than this would run without their instructions: thirty times slower. */
    private static int preferredBits() {
        return VectorShape.preferredShape().vectorBitSize();
    }
}
