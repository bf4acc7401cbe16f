package io.jnat.cli.config;

/**
 * How long the flows of one rule live.
 *
 * @param inboundRefresh whether packets from outside keep them alive, too
 * @param timeouts their idle limits, over the general ones
 */
public record LifetimeConfig(boolean inboundRefresh, TimeoutConfig timeouts) {
    /** What is let in: either side keeps it alive. */
    public static final LifetimeConfig INBOUND = new LifetimeConfig(true, TimeoutConfig.DEFAULT);

    /** What devices open: they keep it alive. */
    public static final LifetimeConfig OUTBOUND = new LifetimeConfig(false, TimeoutConfig.DEFAULT);
}
