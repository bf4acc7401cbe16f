package io.jnat.cli.why;

import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.RouterConfig;
import io.jnat.cli.config.SiteConfig;
import io.jnat.cli.control.ControlOperation;
import io.jnat.cli.why.Endpoints.Endpoint;
import io.jnat.cli.why.Endpoints.Kind;
import io.jnat.core.engine.Engine;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import io.jnat.nat.NatPolicy;
import io.jnat.wireguard.WireGuardDevice;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Answers {@code jnat why}: builds the packet, finds the end where it comes in, and sends it on its
 * {@link Way}.
 */
public final class WhyOperation implements ControlOperation, AutoCloseable {
    private static final int ANY_PORT = 40_000;

    private final Supplier<ThisEnd> now;
    private final OtherEnds others;

    /**
     * Ready to answer, also other ends.
     *
     * @param config as it is now
     * @param links by id
     */
    public WhyOperation(
            Supplier<JnatConfig> config,
            Engine engine,
            List<Link> links,
            WireGuardDevice wireguard,
            NatPolicy policy) {
        List<Link> all = List.copyOf(links);
        now = () -> new ThisEnd(config.get(), engine::submit, all, wireguard, policy);
        others =
                new OtherEnds(
                        engine::submit,
                        policy,
                        (packet, peer) -> now.get().explainForOther(packet, peer),
                        now.get().link(Zone.TUNNEL),
                        () -> config.get().instance().tunnel().answersWhy());
    }

    /** Through which other ends are reached. */
    public OtherEnds others() {
        return others;
    }

    @Override
    public Object run(Map<String, Object> request) throws InterruptedException {
        ThisEnd here = now.get();
        List<String> words = new ArrayList<>();
        if (request.get("words") instanceof List<?> list) {
            list.forEach(word -> words.add(String.valueOf(word)));
        }
        int protocol = -1;
        for (int at = 0; at < words.size() && protocol < 0; at++) {
            protocol = Endpoints.protocol(words.get(at));
            if (protocol >= 0) {
                words.remove(at);
            }
        }
        if (protocol < 0 || words.size() != 2) {
            throw new IllegalArgumentException(
                    "expected a protocol (udp, tcp or icmp), where the packet comes from and where it"
                            + " goes: udp 198.51.100.7:4000 relay:55193");
        }
        Endpoints endpoints = new Endpoints(here.config());
        Endpoint from = endpoints.parse(words.get(0));
        Endpoint to = endpoints.parse(words.get(1));
        check(from, to, words, protocol != 1);
        int fromPort = from.port() == 0 ? ANY_PORT : from.port();
        String asked = PacketText.protocolName(protocol) + " " + words.get(0) + " " + words.get(1);
        Way way = new Way(here, others, asked);
        ByteBuffer packet =
                PacketText.packet(protocol, from.address(), fromPort, to.address(), to.port());
        return switch (here.config()) {
            case RelayConfig relay -> onRelay(relay, here, way, from, to, packet);
            case RouterConfig router -> onRouter(router, here, way, from, to, packet);
        };
    }

    private static void check(Endpoint from, Endpoint to, List<String> words, boolean needsPort) {
        if (from.kind() == Kind.RELAY) {
            throw new IllegalArgumentException(
                    "relay: what the relay's own host sends is not translated; ask about a device or"
                            + " an address");
        }
        if (to.kind() == Kind.RELAY && from.isIpv6()) {
            throw new IllegalArgumentException(
                    "relay: over IPv6 packets are addressed to the device itself (expected its name or"
                            + " its address)");
        }
        if (from.isIpv6() != to.isIpv6()) {
            throw new IllegalArgumentException(
                    words.get(from.isIpv6() ? 0 : 1)
                            + " is IPv6, "
                            + words.get(from.isIpv6() ? 1 : 0)
                            + " is IPv4 (expected: both of one kind)");
        }
        if (needsPort && to.port() == 0) {
            String text = words.get(1);
            boolean bare = to.isIpv6() && text.indexOf(':') >= 0 && text.indexOf('[') < 0;
            String example = to.kind() == Kind.ADDRESS && bare ? "[" + text + "]" : text;
            throw new IllegalArgumentException(
                    text + ": a port is missing (expected: " + example + ":PORT)");
        }
    }

    private static WhyReport onRelay(
            RelayConfig relay, ThisEnd here, Way way, Endpoint from, Endpoint to, ByteBuffer asked)
            throws InterruptedException {
        ByteBuffer packet =
                to.kind() == Kind.RELAY
                        ? PacketText.readdressed(asked, OwnAddresses.publicAddress(relay))
                        : asked;
        Endpoints endpoints = new Endpoints(relay);
        String site = from.kind() == Kind.DEVICE ? from.site() : endpoints.siteOf(from.address());
        SiteConfig behind = endpoints.site(site);
        if (behind != null) {
            return way.fromOther(packet, here.peerNamed(behind.name()));
        }
        if (to.kind() == Kind.DEVICE && !to.isIpv6()) {
            throw new IllegalArgumentException(
                    "from outside, packets are addressed to the relay: ask about relay:PORT of the"
                            + " forward that leads to this device (jnat config show)");
        }
        return way.fromOutside(packet, here.link(Zone.WAN), relay.wan());
    }

    private static WhyReport onRouter(
            RouterConfig router,
            ThisEnd here,
            Way way,
            Endpoint from,
            Endpoint to,
            ByteBuffer packet)
            throws InterruptedException {
        InetAddress relay = here.relayAddress();
        if (from.kind() == Kind.DEVICE || OwnAddresses.isInside(router, from.address())) {
            ByteBuffer leaving = packet;
            if (to.kind() == Kind.RELAY) {
                if (relay == null) {
                    throw new IllegalArgumentException(
                            "relay: where it is is not known yet; give its address");
                }
                leaving = PacketText.readdressed(packet, relay);
            }
            String lan = OwnAddresses.lanOf(router, from.address());
            return way.fromOutside(leaving, here.link(Zone.LAN), lan);
        }
        if (to.kind() == Kind.RELAY || to.address().equals(relay)) {
            return way.fromOther(PacketText.toAnyOfTheRelays(packet), 0);
        }
        if (to.kind() == Kind.DEVICE || OwnAddresses.isInside(router, to.address())) {
            // An IPv6 device has one address everywhere, so that the relay has a say in it too.
            return to.isIpv6()
                    ? way.fromOther(packet, 0)
                    : way.passThrough(packet, here.link(Zone.TUNNEL), 0, List.of());
        }
        if (here.link(Zone.WAN) >= 0 && OwnAddresses.has(router.wan(), to.address())) {
            return way.fromOutside(packet, here.link(Zone.WAN), router.wan());
        }
        throw new IllegalArgumentException(
                "neither end of it is here: one must be a device of this site, the relay"
                        + " (relay:PORT), or this router's own address");
    }

    @Override
    public void close() {
        others.close();
    }
}
