package io.jnat.wireguard;

import io.jnat.core.packet.Endpoint;
import io.jnat.wireguard.noise.StaticKeys;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What the engine asks of the handshake thread, in order. */
sealed interface WorkerRequest {
    /**
     * Begin a handshake with a peer at the place that stands here when its turn comes: while it
     * waits, the peer may be looked for elsewhere.
     */
    record Initiate(Peer peer, AtomicReference<Endpoint> to) implements WorkerRequest {}

    /** Drop a peer's pending handshake (W15), or all of its secrets when it is removed. */
    record Forget(Peer peer, boolean forGood) implements WorkerRequest {}

    /** Be somebody else from now on; null for nobody. */
    record BecomeIdentity(@Nullable StaticKeys keys) implements WorkerRequest {}

    /** Tell whoever listens. */
    record Tell(DeviceEvent event) implements WorkerRequest {}
}
