package io.jnat.core.engine;

/**
 * Is told when packets begin to flow, and when they have not for a while. Called by the main engine
 * thread.
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

    /** The first packet after a rest is here. */
    void begins();

    /** No packet has come for {@link Engine#WARM_TURNS} turns. */
    void ends();
}
