package io.jnat.nat;

import io.jnat.nat.flow.FlowTimeouts;
import org.jspecify.annotations.Nullable;

/**
 * How the source of outgoing flows is translated (RFC 4787 sections 4 and 5).
 *
 * @param mapping what an inside endpoint's external endpoint depends on
 * @param filtering what else may come in by an external endpoint, besides answers
 * @param inboundRefreshes whether packets from outside keep a flow alive, too (REQ-6)
 * @param timeouts idle limits; null: the general ones
 */
public record Behaviour(
        Dependence mapping,
        Dependence filtering,
        boolean inboundRefreshes,
        @Nullable FlowTimeouts timeouts) {
    /** What RFC 4787 and RFC 5382 ask for, with the stricter filter. */
    public static final Behaviour DEFAULT =
            new Behaviour(Dependence.NOTHING, Dependence.ADDRESS, false, null);

    /** What of the remote endpoint matters. */
    public enum Dependence {
        /** Endpoint-independent. */
        NOTHING,
        /** Address-dependent. */
        ADDRESS,
        /** Address- and port-dependent. */
        ADDRESS_AND_PORT
    }
}
