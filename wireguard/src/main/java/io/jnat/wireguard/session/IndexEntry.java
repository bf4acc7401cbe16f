package io.jnat.wireguard.session;

/** What a receiver index stands for. */
public abstract sealed class IndexEntry permits Keypair, Reservation {
    private final int localIndex;
    private final int peer;

    IndexEntry(int localIndex, int peer) {
        this.localIndex = localIndex;
        this.peer = peer;
    }

    /** The index that the other end names in its messages. */
    public final int localIndex() {
        return localIndex;
    }

    /** The peer's number. */
    public final int peer() {
        return peer;
    }
}
