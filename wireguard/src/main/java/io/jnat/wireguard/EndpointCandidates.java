package io.jnat.wireguard;

import io.jnat.core.packet.Endpoint;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The addresses that a configured endpoint may stand for (W28). A name is looked up again when the
 * session or the handshake fails, at most every 30 s; its addresses are tried in turn, IPv6 first.
 * An address is what it is: where the peer moves from there is learnt from its packets.
 *
 * <p>Owner: engine, in the section. Allocates when something changes.
 */
final class EndpointCandidates {
    private static final long LOOKUP_GAP_NANOS = Duration.ofSeconds(30).toNanos();

    private final PeerEndpoint configured;
    private final boolean name;
    private List<Endpoint> addresses = List.of();
    private int next;
    private boolean lookingUp;
    private boolean everLookedUp;
    private long lookedUpNanos;

    EndpointCandidates(PeerEndpoint configured) {
        this.configured = configured;
        InetAddress literal = configured.literal();
        name = literal == null;
        if (literal != null) {
            addresses = List.of(endpoint(literal));
        }
    }

    PeerEndpoint configured() {
        return configured;
    }

    /** Whether it is a name, which has to be looked up. */
    boolean isName() {
        return name;
    }

    /** The next address to try, going round; null when none is known. */
    @Nullable Endpoint nextAddress() {
        if (addresses.isEmpty()) {
            return null;
        }
        Endpoint chosen = addresses.get(next % addresses.size());
        next = (next + 1) % addresses.size();
        return chosen;
    }

    /** Whether a look-up should start now; if so it counts as started. */
    boolean startLookup(long nowNanos) {
        if (!name || lookingUp || (everLookedUp && nowNanos - lookedUpNanos < LOOKUP_GAP_NANOS)) {
            return false;
        }
        lookingUp = true;
        everLookedUp = true;
        lookedUpNanos = nowNanos;
        return true;
    }

    /**
     * The network is another one: a name that nothing was found for may be looked up at once. A
     * router is often up before its uplink is.
     */
    void onNetworkChanged() {
        if (addresses.isEmpty()) {
            everLookedUp = false;
        }
    }

    /**
     * Takes in what a look-up found; nothing found leaves the addresses that are known.
     *
     * @return whether there are others now
     */
    boolean onLookedUp(List<InetAddress> found) {
        lookingUp = false;
        List<Endpoint> sorted = new ArrayList<>();
        for (InetAddress address : found) {
            if (address instanceof Inet6Address) {
                sorted.add(endpoint(address));
            }
        }
        for (InetAddress address : found) {
            if (!(address instanceof Inet6Address)) {
                sorted.add(endpoint(address));
            }
        }
        if (sorted.isEmpty() || sameAs(sorted)) {
            return false;
        }
        addresses = List.copyOf(sorted);
        next = 0;
        return true;
    }

    private boolean sameAs(List<Endpoint> others) {
        if (others.size() != addresses.size()) {
            return false;
        }
        for (int at = 0; at < others.size(); at++) {
            if (!others.get(at).sameRemote(addresses.get(at))) {
                return false;
            }
        }
        return true;
    }

    private Endpoint endpoint(InetAddress address) {
        Endpoint endpoint = new Endpoint();
        endpoint.set(new InetSocketAddress(address, configured.port()));
        return endpoint;
    }
}
