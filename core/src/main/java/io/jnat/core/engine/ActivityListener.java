package io.jnat.core.engine;

/**
 * Is told whether packets flow sparsely, as those of calls do: some have come lately, and no bulk
 * is among them. Called by the main engine thread.
 */
public interface ActivityListener {
    /** Does nothing. */
    ActivityListener NONE =
            new ActivityListener() {
                @Override
                public void begins() {}

                @Override
                public void ends() {}
            };

    /** They begin to. */
    void begins();

    /** There are none any more, or there is bulk. */
    void ends();
}
