package io.jnat.bench.voice;

import org.jspecify.annotations.Nullable;

/** Under which circumstances the calls run. */
public enum Phase {
    /** Over a bare virtual cable: what the load generator and the kernel take by themselves. */
    BASELINE("baseline", "bare cable, no jnat", null),
    /** Nothing else on the path. */
    ALONE("alone", "alone", null),
    /** Beside a transfer in this direction that takes all it can get. */
    BULK_TO_SITE("bulk-to-site", "beside a transfer to the site", Direction.TO_SITE),
    /** The same, the other way. */
    BULK_FROM_SITE("bulk-from-site", "beside a transfer from the site", Direction.FROM_SITE);

    private final String key;
    private final String label;
    private final @Nullable Direction bulk;

    Phase(String key, String label, @Nullable Direction bulk) {
        this.key = key;
        this.label = label;
        this.bulk = bulk;
    }

    /** In JSON and in names of files. */
    public String key() {
        return key;
    }

    /** For people. */
    public String label() {
        return label;
    }

    /** Which way the transfer goes; null without one. */
    public @Nullable Direction bulk() {
        return bulk;
    }

    /** Whether there is a transfer beside the calls. */
    public boolean isBesideBulk() {
        return bulk != null;
    }

    /** Whether it measures the system, and not the generator. */
    public boolean isMeasured() {
        return this != BASELINE;
    }
}
