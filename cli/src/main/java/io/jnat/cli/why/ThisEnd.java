package io.jnat.cli.why;

import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.RouterConfig;
import io.jnat.cli.config.SiteConfig;
import io.jnat.core.engine.EngineCommand;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import io.jnat.nat.Explanation;
import io.jnat.nat.NatCommand;
import io.jnat.nat.NatPolicy;
import io.jnat.wireguard.PeerStatus;
import io.jnat.wireguard.WireGuardDevice;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * This end of the tunnel while one question is answered: its configuration does not change
 * meanwhile, whatever is reloaded.
 *
 * @param engine takes commands
 * @param links by id
 */
record ThisEnd(
        JnatConfig config,
        Consumer<EngineCommand> engine,
        List<Link> links,
        WireGuardDevice wireguard,
        NatPolicy policy) {
    private static final long COMMAND_SECONDS = 5;

    /** What the engine would do with a packet. */
    Explanation explain(ByteBuffer packet, int link, int peer) throws InterruptedException {
        CompletableFuture<Explanation> answer = new CompletableFuture<>();
        engine.accept(new NatCommand.Explain(policy, packet, link, peer, answer));
        try {
            return answer.get(COMMAND_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException failure) {
            throw new IllegalStateException(
                    "the engine did not answer; see the log for a defect", failure);
        }
    }

    /**
     * What another end asks about.
     *
     * @param peer that the packet comes from; -1: from outside
     */
    Explanation explainForOther(ByteBuffer packet, int peer) throws InterruptedException {
        if (peer >= 0) {
            return explain(packet, link(Zone.TUNNEL), peer);
        }
        ByteBuffer asked = packet;
        if (isRelay() && PacketText.isReadable(packet) && PacketText.isToAnyOfTheRelays(packet)) {
            asked = PacketText.readdressed(packet, OwnAddresses.publicAddress(config));
        }
        return explain(asked, link(isRelay() ? Zone.WAN : Zone.LAN), -1);
    }

    /** Id of the first link of a zone; -1: none. */
    int link(Zone zone) {
        return links.stream()
                .filter(link -> link.zone() == zone)
                .mapToInt(Link::id)
                .findFirst()
                .orElse(-1);
    }

    String linkName(int id) {
        return links.get(id).name();
    }

    @Nullable PeerStatus peer(int index) {
        return wireguard.status().stream()
                .filter(peer -> peer.index() == index)
                .findFirst()
                .orElse(null);
    }

    /** Index of the peer with a name; -1: none. */
    int peerNamed(String name) {
        return wireguard.status().stream()
                .filter(peer -> peer.config().name().equals(name))
                .mapToInt(PeerStatus::index)
                .findFirst()
                .orElse(-1);
    }

    private boolean isRelay() {
        return config instanceof RelayConfig;
    }

    /** For people. */
    String name() {
        return isRelay() ? "relay" : "router";
    }

    /** For people, another end. */
    String nameOf(int peer) {
        if (config instanceof RouterConfig) {
            return "relay";
        }
        PeerStatus other = peer(peer);
        return other == null ? "router" : "router " + other.config().name();
    }

    /** A peer's own address in the tunnel; 0 where only the peer knows it. */
    int tunnelAddress(int peer) {
        PeerStatus other = peer(peer);
        SiteConfig site = other == null ? null : new Endpoints(config).site(other.config().name());
        return site == null ? 0 : Endpoints.number(site.address());
    }

    /** On a router, the IPv4 address that the relay is known to be at; null while it is not. */
    @Nullable InetAddress relayAddress() {
        PeerStatus relay = peer(0);
        String endpoint = relay == null ? null : relay.endpoint();
        return endpoint == null || !endpoint.matches("[0-9.]+:\\d+")
                ? null
                : InetAddress.ofLiteral(endpoint.substring(0, endpoint.indexOf(':')));
    }
}
