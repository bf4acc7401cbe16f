package io.jnat.wireguard.crypto.vector;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which cipher is asked for, by {@code jnat.cipher}. */
public enum CipherChoice {
    /** The widest vectors that this machine is made for; plain arithmetic if they do not pay. */
    AUTO,
    /** Plain arithmetic, on any machine. */
    SCALAR,
    /** The JDK's cipher, on any machine; it makes some 2 KB of garbage a packet. */
    JDK,
    /** 256-bit vectors (AVX2), once they are compiled; even if plain arithmetic were faster. */
    VECTOR256,
    /** 512-bit vectors (AVX-512), likewise. */
    VECTOR512;

    private static final String PROPERTY = "jnat.cipher";

    /** As {@code jnat.cipher} has it: {@code auto}, {@code scalar}, {@code vector256}… */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The choice with that text, or null. */
    public static @Nullable CipherChoice of(String text) {
        for (CipherChoice choice : values()) {
            if (choice.text().equals(text)) {
                return choice;
            }
        }
        return null;
    }

    /** What {@link #AUTO} comes to on this machine, in this JVM, unless the kernels do not pay. */
    public static CipherChoice ofMachine() {
        VectorWidth width = VectorSupport.missing() == null ? VectorSupport.width(AUTO) : null;
        if (width == null) {
            return SCALAR;
        }
        return width == VectorWidth.BITS_512 ? VECTOR512 : VECTOR256;
    }

    /**
     * What the system property {@code jnat.cipher} says, for measurements; {@link #AUTO} without,
     * and where it says something else.
     */
    public static CipherChoice ofProperty() {
        CipherChoice choice = of(System.getProperty(PROPERTY, AUTO.text()));
        return choice == null ? AUTO : choice;
    }

    /**
     * What is wrong with the property, for people; empty when nothing is. A measurement of another
     * cipher than the one that was meant would look like one.
     */
    static String wrongProperty() {
        String text = System.getProperty(PROPERTY, AUTO.text());
        if (of(text) != null) {
            return "";
        }
        String choices =
                Arrays.stream(values()).map(CipherChoice::text).collect(Collectors.joining(", "));
        return "%s=%s is not known (expected: one of %s)".formatted(PROPERTY, text, choices);
    }
}
