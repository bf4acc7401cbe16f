package io.jnat.cli.wiring;

/**
 * When the whole host is looked at, which takes a dozen programs: soon after something has changed,
 * once more after that, and else seldom.
 */
final class LookSchedule {
    /** From one look to the next, however much changes: a daemon may change routes all the time. */
    static final int PAUSE_SECONDS = 10;

    /** For what nobody announces. */
    static final int LONGEST_SECONDS = 60;

    private int lookedSecond;
    private boolean changed;

    /** A service counts from its second look on: what is gone by then was none. */
    private boolean again = true;

    /**
     * Whether to look now.
     *
     * @param second counted up from 0
     * @param changedSince whether something has changed since the last call
     */
    boolean isDue(int second, boolean changedSince) {
        changed |= changedSince;
        int seconds = second - lookedSecond;
        if (seconds < PAUSE_SECONDS || (!changed && !again && seconds < LONGEST_SECONDS)) {
            return false;
        }
        again = changed;
        changed = false;
        lookedSecond = second;
        return true;
    }
}
