package io.jnat.cli.wiring;

/**
 * When the whole host is looked at, which takes a dozen programs: soon after something has changed,
 * once more after that, and else seldom. What somebody has removed waits least: it may be ours.
 */
final class LookSchedule {
    /** From one look to the next, however much changes: a daemon may change routes all the time. */
    static final int PAUSE_SECONDS = 10;

    /** The same when rules or tables were removed; who removes ours each time costs no core. */
    static final int SHORT_PAUSE_SECONDS = 2;

    /** For what nobody announces. */
    static final int LONGEST_SECONDS = 60;

    private int lookedSecond;
    private boolean changed;
    private boolean removed;

    /** A service counts from its second look on: what is gone by then was none. */
    private boolean again = true;

    /**
     * Whether to look now.
     *
     * @param second counted up from 0
     * @param changedSince whether something has changed since the last call
     * @param removedSince whether a rule or a table was removed since then
     */
    boolean isDue(int second, boolean changedSince, boolean removedSince) {
        changed |= changedSince;
        removed |= removedSince;
        int seconds = second - lookedSecond;
        boolean due =
                seconds >= LONGEST_SECONDS
                        || (seconds >= PAUSE_SECONDS && (changed || again))
                        || (seconds >= SHORT_PAUSE_SECONDS && removed);
        if (!due) {
            return false;
        }
        again = changed;
        changed = false;
        removed = false;
        lookedSecond = second;
        return true;
    }
}
