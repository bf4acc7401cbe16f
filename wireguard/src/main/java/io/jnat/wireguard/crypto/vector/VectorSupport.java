package io.jnat.wireguard.crypto.vector;

import jdk.incubator.vector.VectorShape;
import org.jspecify.annotations.Nullable;

/** What this JVM on this machine can do with vectors. */
final class VectorSupport {
    private static final String MODULE = "jdk.incubator.vector";

    private VectorSupport() {}

    /** Why there are no vectors at all, or null. */
    static @Nullable String missing() {
        if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
            return "the JVM runs without --add-modules " + MODULE;
        }
        return null;
    }

    /** The width to use, or null if the machine has no vectors as wide as that. */
    static @Nullable VectorWidth width(CipherChoice choice) {
        int bits = preferredBits();
        VectorWidth wanted =
                switch (choice) {
                    case VECTOR256 -> VectorWidth.BITS_256;
                    case VECTOR512 -> VectorWidth.BITS_512;
                    case AUTO, SCALAR, JDK ->
                            bits >= VectorWidth.BITS_512.bits()
                                    ? VectorWidth.BITS_512
                                    : VectorWidth.BITS_256;
                };
        return bits >= wanted.bits() ? wanted : null;
    }

    /** Says that {@link #width} found none. */
    static String tooNarrow(CipherChoice choice) {
        String asked = choice == CipherChoice.AUTO ? "" : choice.text() + " asked for, but ";
        return asked + "this machine's vectors have " + preferredBits() + " bits";
    }

    /** Kernels wider than this would run without their instructions: thirty times slower. */
    private static int preferredBits() {
        return VectorShape.preferredShape().vectorBitSize();
    }
}
