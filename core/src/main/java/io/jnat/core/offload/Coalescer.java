package io.jnat.core.offload;

import io.jnat.core.packet.Burst;

/** Step 3: makes super-frames of neighbouring segments. Owner: one engine thread. */
public final class Coalescer {
    /** A coalescer with its scratch state. */
    public Coalescer() {}

    /** Replaces runs of packets of one flow by super-frames, in place in the burst's list. */
    public void coalesce(Burst burst) {}

    /** Frees scratch memory. */
    public void release() {}
}
