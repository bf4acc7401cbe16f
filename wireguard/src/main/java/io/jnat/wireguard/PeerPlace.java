package io.jnat.wireguard;

import io.jnat.core.packet.Endpoint;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a peer is: the endpoint that its authenticated packets have shown, or one of the addresses
 * of its configured endpoint. Owner: engine, in the section, but for {@link #published}.
 */
final class PeerPlace {
    private final PeerCounters counters;
    private final Endpoint endpoint = new Endpoint();
    private final PublishedEndpoint published = new PublishedEndpoint();
    private @Nullable EndpointCandidates candidates;

    /** Its local side is not spoken from; unset when there is none. */
    private final Endpoint refused = new Endpoint();

    PeerPlace(PeerCounters counters) {
        this.counters = counters;
    }

    /** Where to send to; may be unset. */
    Endpoint endpoint() {
        return endpoint;
    }

    /** The same for all threads. */
    PublishedEndpoint published() {
        return published;
    }

    /** Whether there is a place to send to, or hope for one. */
    boolean isReachable() {
        return endpoint.isSet() || candidates != null;
    }

    /** Whether this is what is configured already; then it is left where it has moved to. */
    boolean isConfigured(PeerEndpoint place) {
        return candidates != null && candidates.configured().equals(place);
    }

    /** The peer is there now, and reached us at the local address that is given. */
    void move(Endpoint place) {
        if (endpoint.same(place)) {
            return;
        }
        if (!endpoint.sameRemote(place)) {
            if (endpoint.isSet()) {
                counters.add(PeerCounters.ENDPOINT_MOVES, 1);
            }
            published.publish(place);
        }
        endpoint.copyFrom(place);
        if (refused.isSet() && refused.sameLocal(place)) {
            endpoint.clearLocal();
        }
    }

    /**
     * A copy of the endpoint, with the local side that the peer's packets come to even when it is
     * not spoken from.
     */
    Endpoint path() {
        Endpoint path = new Endpoint();
        path.copyFrom(endpoint);
        if (!path.hasLocal() && refused.isSet() && refused.v6 == path.v6) {
            path.copyLocalFrom(refused);
        }
        return path;
    }

    /** Decides whether a local side is spoken from; see {@link DeviceCommand.JudgeSource}. */
    void judgeSource(Endpoint path, boolean good) {
        if (good) {
            refused.clear();
            return;
        }
        refused.copyFrom(path);
        if (endpoint.sameLocal(path)) {
            endpoint.clearLocal();
        }
    }

    /** Forgets which local address to send from (W10, W27). */
    void forgetSource() {
        endpoint.clearLocal();
    }

    /** The way there may be another one, and so may be who resolves names. */
    void onNetworkChanged() {
        forgetSource();
        if (candidates != null) {
            candidates.onNetworkChanged();
        }
    }

    /** It is at this place from now on; unset until the name is looked up. */
    void configure(PeerEndpoint place) {
        candidates = new EndpointCandidates(place);
        Endpoint first = candidates.nextAddress();
        if (first != null) {
            move(first);
        } else {
            endpoint.clear();
        }
    }

    /** The name to look up now, which counts as started; null when there is nothing to look up. */
    @Nullable String startLookup(long nowNanos) {
        return candidates != null && candidates.startLookup(nowNanos)
                ? candidates.configured().host()
                : null;
    }

    /**
     * Takes in what a look-up found.
     *
     * @param silent whether the peer does not answer where it was; then it moves with its name
     * @return whether there is an endpoint now where there was none, or another one
     */
    boolean onLookedUp(String host, List<InetAddress> found, boolean silent) {
        EndpointCandidates known = candidates;
        if (known == null || !known.configured().host().equals(host)) {
            return false;
        }
        boolean moved = known.onLookedUp(found) && silent;
        Endpoint first = endpoint.isSet() && !moved ? null : known.nextAddress();
        if (first != null) {
            move(first);
        }
        return first != null;
    }

    /** Goes on to the next address of a name (W28); an address that was configured stays. */
    void tryNextAddress() {
        Endpoint other =
                candidates != null && candidates.isName() ? candidates.nextAddress() : null;
        if (other != null) {
            move(other);
        }
    }
}
