package io.jnat.nat.rule;

import io.jnat.nat.flow.FlowTimeouts;
import org.jspecify.annotations.Nullable;

/**
 * How long the flows of one rule live.
 *
 * @param inboundRefreshes whether packets from outside keep a flow alive, too, and not only those
 *     of the device (RFC 4787 REQ-6)
 * @param timeouts idle limits; null: the general ones
 */
public record Lifetime(boolean inboundRefreshes, @Nullable FlowTimeouts timeouts) {
    /** Either side keeps a flow alive, within the general limits: what a rule lets in. */
    public static final Lifetime BOTH_SIDES = new Lifetime(true, null);

    /** Only the device keeps a flow alive, within the general limits: what it opens itself. */
    public static final Lifetime DEVICE_ONLY = new Lifetime(false, null);
}
