package io.jnat.wireguard;

import org.jspecify.annotations.Nullable;

/**
 * Peers that have something to send as soon as there is a batch, first come first served. The list
 * runs through the peers themselves. Owner: engine, in the section. Allocates nothing.
 */
final class ReadyPeers {
    private @Nullable Peer first;
    private @Nullable Peer last;

    boolean isEmpty() {
        return first == null;
    }

    /** Puts a peer at the end, unless it waits already. */
    void add(Peer peer) {
        if (peer.isReady()) {
            return;
        }
        peer.ready(true, null);
        if (last == null) {
            first = peer;
        } else {
            last.ready(true, peer);
        }
        last = peer;
    }

    /** Takes the first; null when there is none. */
    @Nullable Peer take() {
        Peer peer = first;
        if (peer != null) {
            first = peer.nextReady();
            if (first == null) {
                last = null;
            }
            peer.ready(false, null);
        }
        return peer;
    }
}
