package io.jnat.wireguard.session;

/** An index that was given out for a handshake that is not finished. */
public final class Reservation extends IndexEntry {
    Reservation(int localIndex, int peer) {
        super(localIndex, peer);
    }
}
