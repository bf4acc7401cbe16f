package io.jnat.core.engine;

/** How many threads the engine has. The code path of a packet is the same in all of them. */
public enum Layout {
    /** One thread does everything, both directions in turn. */
    ONE("1"),
    /**
     * <em>adapt</em>: one thread for both directions; while bulk lasts, the tunnel-to-device
     * direction moves to a second thread, and back when it is over.
     */
    TWO("2"),
    /** The same, and while a backlog lasts, workers help to seal and open. */
    MORE("4+");

    private static final int MOST_WORKERS = 6;

    private final String label;

    Layout(String label) {
        this.label = label;
    }

    /** As it stands in the configuration and in {@code status}. */
    public String label() {
        return label;
    }

    /** The layout that suits a machine. */
    public static Layout forCores(int cores) {
        return cores < 2 ? ONE : cores < 4 ? TWO : MORE;
    }

    /** How many workers suit a machine: two cores are the engine threads'. */
    public int workers(int cores) {
        return this == MORE ? Math.clamp(cores - 2, 1, MOST_WORKERS) : 0;
    }
}
