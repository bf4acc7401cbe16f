package io.jnat.wireguard;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The device's peers, by number and by public key. Reading: any thread, without a lock. Writing:
 * engine, in the section.
 */
final class PeerTable {
    private static final int FIRST_PEERS = 16;

    private final ConcurrentHashMap<WireGuardKey, Peer> byKey = new ConcurrentHashMap<>();
    private volatile @Nullable Peer[] byIndex = new Peer[FIRST_PEERS];
    private int lastIndex = -1;

    @Nullable Peer get(int index) {
        @Nullable Peer[] all = byIndex;
        return index < 0 || index >= all.length ? null : all[index];
    }

    @Nullable Peer get(WireGuardKey publicKey) {
        return byKey.get(publicKey);
    }

    /** The public keys as they are now. */
    List<WireGuardKey> keys() {
        return new ArrayList<>(byKey.keySet());
    }

    /** Shows all peers, by rising number. */
    void forEach(Consumer<Peer> action) {
        for (Peer peer : byIndex) {
            if (peer != null) {
                action.accept(peer);
            }
        }
    }

    /** By number, with gaps; not to be changed. */
    @Nullable Peer[] all() {
        return byIndex;
    }

    /** Takes in the peer that is made with the number that it is given. */
    Peer add(WireGuardKey publicKey, IntFunction<Peer> newPeer) {
        int index = freeIndex();
        Peer peer = newPeer.apply(index);
        replace(index, peer);
        byKey.put(publicKey, peer);
        return peer;
    }

    /** Takes a peer out; null when there is none with this key. */
    @Nullable Peer remove(WireGuardKey publicKey) {
        Peer peer = byKey.remove(publicKey);
        if (peer != null) {
            replace(peer.index(), null);
        }
        return peer;
    }

    /** A number that has been out of use for long: flows may still name the one given back last. */
    private int freeIndex() {
        @Nullable Peer[] all = byIndex;
        if (2 * (byKey.size() + 1) > all.length) {
            all = Arrays.copyOf(all, all.length * 2);
            byIndex = all;
        }
        do {
            lastIndex = (lastIndex + 1) % all.length;
        } while (all[lastIndex] != null);
        return lastIndex;
    }

    private void replace(int index, @Nullable Peer peer) {
        @Nullable Peer[] all = byIndex.clone();
        all[index] = peer;
        byIndex = all;
    }
}
