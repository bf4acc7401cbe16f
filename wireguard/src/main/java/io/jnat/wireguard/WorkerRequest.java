package io.jnat.wireguard;

import io.jnat.core.packet.Endpoint;
import io.jnat.wireguard.noise.StaticKeys;
import org.jspecify.annotations.Nullable;

/** What the engine asks of the handshake thread, in order. */
sealed interface WorkerRequest {
    /** Begin a handshake with a peer at this place. */
    record Initiate(Peer peer, Endpoint to) implements WorkerRequest {}

    /** Drop a peer's pending handshake (W15), or all of its secrets when it is removed. */
    record Forget(Peer peer, boolean forGood) implements WorkerRequest {}

    /** Be somebody else from now on; null for nobody. */
    record BecomeIdentity(@Nullable StaticKeys keys) implements WorkerRequest {}

    /** Tell whoever listens. */
    record Tell(DeviceEvent event) implements WorkerRequest {}
}
