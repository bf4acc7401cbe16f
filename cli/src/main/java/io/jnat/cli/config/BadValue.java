package io.jnat.cli.config;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** A value that cannot be read; says what was expected instead. */
public final class BadValue extends Exception {
    private static final long serialVersionUID = 1L;

    private final String expected;
    private final @Nullable String nearest;

    /**
     * Says what would have been right.
     *
     * @param expected completes "expected …"
     */
    public BadValue(String expected) {
        this(expected, null);
    }

    /**
     * Says what would have been right, and what was most likely meant.
     *
     * @param expected completes "expected …"
     * @param nearest completes "did you mean …"
     */
    public BadValue(String expected, @Nullable String nearest) {
        super(expected, null, false, false);
        this.expected = expected;
        this.nearest = nearest;
    }

    /** A name that is not among the known ones. */
    public static BadValue unknown(String what, String found, Collection<String> known) {
        String list = known.isEmpty() ? "; there are none" : ": " + String.join(", ", known);
        return new BadValue(what + list, Nearest.to(found, known));
    }

    /** What would have been right: completes "expected …". */
    public String expected() {
        return expected;
    }

    /** {@code found (expected …; did you mean "…"?)}. */
    public String message(String found) {
        return found
                + " (expected "
                + expected
                + (nearest == null ? "" : "; did you mean \"" + nearest + "\"?")
                + ")";
    }
}
