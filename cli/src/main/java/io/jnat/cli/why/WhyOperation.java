package io.jnat.cli.why;

import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.RouterConfig;
import io.jnat.cli.config.SiteConfig;
import io.jnat.cli.control.ControlOperation;
import io.jnat.cli.why.Endpoints.Endpoint;
import io.jnat.cli.why.Endpoints.Kind;
import io.jnat.cli.why.WhyReport.EndReport;
import io.jnat.cli.why.WhyReport.StepReport;
import io.jnat.core.engine.Engine;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import io.jnat.core.stat.DropReason;
import io.jnat.nat.Explanation;
import io.jnat.nat.Explanation.Outcome;
import io.jnat.nat.NatCommand;
import io.jnat.nat.NatPolicy;
import io.jnat.wireguard.PeerStatus;
import io.jnat.wireguard.WireGuardDevice;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers {@code jnat why}: builds the packet, finds the end where it comes in, and follows it from
 * end to end. What happens at this end is the engine's own answer ({@link NatCommand.Explain}); the
 * other end is asked through the tunnel.
 */
public final class WhyOperation implements ControlOperation, AutoCloseable {
    private static final int ANY_PORT = 40_000;
    private static final long COMMAND_SECONDS = 5;

    private final Supplier<JnatConfig> config;
    private final Engine engine;
    private final List<Link> links;
    private final WireGuardDevice wireguard;
    private final NatPolicy policy;
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
        this.config = config;
        this.engine = engine;
        this.links = List.copyOf(links);
        this.wireguard = wireguard;
        this.policy = policy;
        others =
                new OtherEnds(
                        engine::submit,
                        policy,
                        this::explainForOther,
                        link(Zone.TUNNEL),
                        () -> config.get().instance().tunnel().answersWhy());
    }

    /** A packet on its way: where it is, and how it got there. */
    private final class Way {
        private final JnatConfig current = config.get();
        private final RulePlaces places = new RulePlaces(current);
        private final List<EndReport> ends = new ArrayList<>();
        private final String asked;

        Way(String asked) {
            this.asked = asked;
        }

        WhyReport report(String outcome, @Nullable DropReason reason, String verdict) {
            boolean passes =
                    outcome.equals("FORWARDED")
                            || outcome.equals("HANDED_BACK")
                            || outcome.equals("ANSWERED");
            return new WhyReport(
                    WhyReport.SCHEMA,
                    asked,
                    List.copyOf(ends),
                    passes,
                    outcome,
                    reason == null ? "" : reason.name(),
                    verdict,
                    reason == null ? "" : Advice.about(reason));
        }

        /** From outside, here. */
        WhyReport fromOutside(ByteBuffer packet, int link, String cameIn)
                throws InterruptedException {
            Steered steered = Steered.ask(current, cameIn, links.get(link).name(), packet);
            StepReport first = new StepReport("steering", "", "", steered.answer());
            if (!steered.steered()) {
                ends.add(new EndReport(ownName(current), true, List.of(first), ""));
                return report("NOT_STEERED", null, "jnat never sees it: " + steered.answer());
            }
            return here(packet, link, -1, List.of(first));
        }

        /** Here; {@code before} are steps that were made already. */
        WhyReport here(ByteBuffer packet, int link, int peer, List<StepReport> before)
                throws InterruptedException {
            List<StepReport> steps = new ArrayList<>(before);
            Explanation explained = explain(packet, link, peer);
            for (Explanation.Step step : explained.steps()) {
                steps.add(
                        new StepReport(
                                step.asked().title(),
                                step.rule(),
                                places.of(step.rule()),
                                step.answer()));
            }
            boolean tunnel =
                    explained.outcome() == Outcome.FORWARDED
                            && explained.outLink() == link(Zone.TUNNEL);
            if (explained.outcome() == Outcome.FORWARDED) {
                steps.add(translation(packet, explained.leaving()));
            }
            PeerStatus to = tunnel ? peer(explained.outPeer()) : null;
            if (to != null) {
                steps.add(new StepReport("tunnel", to.config().name(), "", tunnelState(to)));
            }
            ends.add(new EndReport(ownName(current), true, steps, ""));
            if (tunnel) {
                return to == null || to.sessionAge() == null
                        ? report(
                                "UNKNOWN",
                                DropReason.TUNNEL_NO_SESSION,
                                "it would wait for a session with the other end, up to 90 s")
                        : beyond(explained);
            }
            return report(explained.outcome().name(), explained.reason(), verdict(explained));
        }

        private String verdict(Explanation explained) {
            DropReason reason = explained.reason();
            String by = explained.rule().isEmpty() ? "" : " (" + explained.rule() + ")";
            String where = " at the " + ownName(current);
            return switch (explained.outcome()) {
                case FORWARDED ->
                        "goes through: leaves the "
                                + ownName(current)
                                + " by "
                                + links.get(explained.outLink()).name()
                                + " as "
                                + PacketText.text(explained.leaving())
                                + by;
                case HANDED_BACK ->
                        "goes back to the kernel as it is" + where + ": it is the host's";
                case ANSWERED -> "jnat answers it itself" + where;
                case REJECTED, DROPPED ->
                        (explained.outcome() == Outcome.REJECTED
                                        ? "dropped, and its sender is told"
                                        : "dropped")
                                + where
                                + by
                                + ": "
                                + (reason == null ? "" : reason.explanation());
            };
        }

        /** At the other end, out of the tunnel. */
        private WhyReport beyond(Explanation sent) throws InterruptedException {
            String name = otherName(current, sent.outPeer());
            EndMessage.Answer answer =
                    others.ask(
                            sent.outPeer(),
                            tunnelAddress(current, sent.outPeer()),
                            false,
                            sent.leaving());
            if (answer == null) {
                ends.add(new EndReport(name, false, List.of(), NO_ANSWER));
                return report(
                        "UNKNOWN",
                        null,
                        "goes into the tunnel as "
                                + PacketText.text(sent.leaving())
                                + "; what becomes of it there is not known");
            }
            ends.add(new EndReport(name, false, steps(answer), ""));
            DropReason reason = OtherEnds.reason(answer.reason());
            boolean through = answer.wayOut() != EndMessage.WayOut.NONE;
            if (through) {
                return report(
                        "FORWARDED",
                        null,
                        "goes through: leaves the "
                                + name
                                + " as "
                                + PacketText.text(answer.packet())
                                + (answer.wayOut() == EndMessage.WayOut.OUTSIDE
                                        ? ""
                                        : ", into the tunnel again"));
            }
            Outcome[] outcomes = Outcome.values();
            String outcome =
                    answer.outcome() < outcomes.length
                            ? outcomes[answer.outcome()].name()
                            : "UNKNOWN";
            return report(
                    outcome,
                    reason,
                    reason == null
                            ? "ends at the " + name + ": " + outcome
                            : "dropped at the " + name + ": " + reason.explanation());
        }

        /** From outside, at the other end first. */
        WhyReport fromOther(ByteBuffer packet, int peer) throws InterruptedException {
            String name = otherName(current, peer);
            EndMessage.Answer answer = others.ask(peer, tunnelAddress(current, peer), true, packet);
            if (answer == null) {
                ends.add(new EndReport(name, false, List.of(), NO_ANSWER));
                if (PacketText.destination(packet) == 0) {
                    return report("UNKNOWN", null, "ask on the " + name + ": jnat why " + asked);
                }
                return here(packet, link(Zone.TUNNEL), peer, List.of());
            }
            if (answer.wayOut() != EndMessage.WayOut.TO_ASKER
                    || !PacketText.isReadable(answer.packet())) {
                ends.add(new EndReport(name, false, List.of(), ""));
                return report(
                        "UNKNOWN",
                        null,
                        "the "
                                + name
                                + " does not lead it here, and tells no more than that; ask there:"
                                + " jnat why "
                                + asked);
            }
            ends.add(new EndReport(name, false, steps(answer), ""));
            return here(answer.packet(), link(Zone.TUNNEL), peer, List.of());
        }
    }

    private static final String NO_ANSWER =
            "it did not answer through the tunnel: it is down, not jnat, older, or set to"
                    + " tunnel.why = \"ignore\"";

    @Override
    public Object run(Map<String, Object> request) throws InterruptedException {
        JnatConfig current = config.get();
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
        Endpoints endpoints = new Endpoints(current);
        Endpoint from = endpoints.parse(words.get(0));
        Endpoint to = endpoints.parse(words.get(1));
        if (protocol != 1 && to.port() == 0) {
            throw new IllegalArgumentException(
                    words.get(1) + ": a port is missing (expected: " + words.get(1) + ":PORT)");
        }
        if (from.kind() == Kind.RELAY) {
            throw new IllegalArgumentException(
                    "relay: what the relay's own host sends is not translated; ask about a device or"
                            + " an address");
        }
        int fromPort = from.port() == 0 ? ANY_PORT : from.port();
        Way way =
                new Way(
                        PacketText.protocolName(protocol)
                                + " "
                                + words.get(0)
                                + " "
                                + words.get(1));
        ByteBuffer packet =
                PacketText.packet(protocol, from.address(), fromPort, to.address(), to.port());
        return switch (current) {
            case RelayConfig relay -> onRelay(relay, endpoints, way, from, to, packet);
            case RouterConfig router -> onRouter(router, way, from, to, packet);
        };
    }

    private WhyReport onRelay(
            RelayConfig relay,
            Endpoints endpoints,
            Way way,
            Endpoint from,
            Endpoint to,
            ByteBuffer asked)
            throws InterruptedException {
        ByteBuffer packet =
                to.kind() == Kind.RELAY
                        ? PacketText.readdressed(asked, publicAddress(relay))
                        : asked;
        String site = from.kind() == Kind.DEVICE ? from.site() : endpoints.siteOf(from.address());
        SiteConfig behind = endpoints.site(site);
        if (behind != null) {
            return way.fromOther(packet, peerNamed(behind.name()));
        }
        if (to.kind() == Kind.DEVICE) {
            throw new IllegalArgumentException(
                    "from outside, packets are addressed to the relay: ask about relay:PORT of the"
                            + " forward that leads to this device (jnat config show)");
        }
        return way.fromOutside(packet, link(Zone.WAN), relay.wan());
    }

    private WhyReport onRouter(
            RouterConfig router, Way way, Endpoint from, Endpoint to, ByteBuffer packet)
            throws InterruptedException {
        if (from.kind() == Kind.DEVICE || Endpoints.inet(from.address()).isSiteLocalAddress()) {
            if (to.kind() == Kind.RELAY) {
                int relay = relayAddress();
                if (relay == 0) {
                    throw new IllegalArgumentException(
                            "relay: where it is is not known yet; give its address");
                }
                return way.fromOutside(
                        PacketText.readdressed(packet, relay), link(Zone.LAN), lanOf(router, from));
            }
            return way.fromOutside(packet, link(Zone.LAN), lanOf(router, from));
        }
        if (to.kind() == Kind.RELAY || to.address() == relayAddress()) {
            return way.fromOther(PacketText.readdressed(packet, 0), 0);
        }
        if (to.kind() == Kind.DEVICE || Endpoints.inet(to.address()).isSiteLocalAddress()) {
            return way.here(packet, link(Zone.TUNNEL), 0, List.of());
        }
        if (link(Zone.WAN) >= 0 && addressesOf(router.wan()).contains(to.address())) {
            return way.fromOutside(packet, link(Zone.WAN), router.wan());
        }
        throw new IllegalArgumentException(
                "neither end of it is here: one must be a device of this site, the relay"
                        + " (relay:PORT), or this router's own address");
    }

    /** What another end asks about. */
    private @Nullable Explanation explainForOther(ByteBuffer packet, int peer)
            throws InterruptedException {
        JnatConfig current = config.get();
        if (peer >= 0) {
            return explain(packet, link(Zone.TUNNEL), peer);
        }
        boolean relay = current instanceof RelayConfig;
        ByteBuffer asked = packet;
        if (PacketText.isReadable(packet) && PacketText.destination(packet) == 0 && relay) {
            asked = PacketText.readdressed(packet, publicAddress(current));
        }
        return explain(asked, link(relay ? Zone.WAN : Zone.LAN), -1);
    }

    private Explanation explain(ByteBuffer packet, int link, int peer) throws InterruptedException {
        CompletableFuture<Explanation> answer = new CompletableFuture<>();
        engine.submit(new NatCommand.Explain(policy, packet, link, peer, answer));
        try {
            return answer.get(COMMAND_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException failure) {
            throw new IllegalStateException(
                    "the engine did not answer; see the log for a defect", failure);
        }
    }

    private static StepReport translation(ByteBuffer before, ByteBuffer after) {
        boolean same = before.equals(after);
        return new StepReport(
                "translation",
                "",
                "",
                same ? "none" : PacketText.text(before) + " becomes " + PacketText.text(after));
    }

    private static List<StepReport> steps(EndMessage.Answer answer) {
        return answer.steps().stream()
                .map(step ->
                        new StepReport(
                                OtherEnds.title(step.question()),
                                step.rule(),
                                "",
                                step.rule().isEmpty() ? "asked" : "decided"))
                .toList();
    }

    private static String tunnelState(PeerStatus peer) {
        String endpoint = peer.endpoint();
        String where = endpoint == null ? "where it is is not known yet" : "at " + endpoint;
        return peer.sessionAge() == null
                ? "no session, " + where + ": packets wait for one, the oldest are dropped first"
                : "session " + peer.sessionAge().toSeconds() + " s old, " + where;
    }

    private int link(Zone zone) {
        return links.stream()
                .filter(link -> link.zone() == zone)
                .mapToInt(Link::id)
                .findFirst()
                .orElse(-1);
    }

    private @Nullable PeerStatus peer(int index) {
        return wireguard.status().stream()
                .filter(peer -> peer.index() == index)
                .findFirst()
                .orElse(null);
    }

    private int peerNamed(String name) {
        return wireguard.status().stream()
                .filter(peer -> peer.config().name().equals(name))
                .mapToInt(PeerStatus::index)
                .findFirst()
                .orElse(-1);
    }

    private static String ownName(JnatConfig config) {
        return config instanceof RelayConfig ? "relay" : "router";
    }

    private String otherName(JnatConfig config, int peer) {
        if (config instanceof RouterConfig) {
            return "relay";
        }
        PeerStatus other = peer(peer);
        return other == null ? "router" : "router " + other.config().name();
    }

    /** A peer's own address in the tunnel; 0 where only the peer knows it. */
    private int tunnelAddress(JnatConfig config, int peer) {
        PeerStatus other = peer(peer);
        SiteConfig site = other == null ? null : new Endpoints(config).site(other.config().name());
        return site == null ? 0 : Endpoints.number(site.address());
    }

    private int relayAddress() {
        PeerStatus relay = peer(0);
        String endpoint = relay == null ? null : relay.endpoint();
        if (endpoint == null || !endpoint.matches("[0-9.]+:\\d+")) {
            return 0;
        }
        return Endpoints.number(
                InetAddress.ofLiteral(endpoint.substring(0, endpoint.indexOf(':'))));
    }

    private static int publicAddress(JnatConfig config) {
        List<Integer> own = addressesOf(config.wan());
        for (int address : own) {
            if (!Endpoints.inet(address).isSiteLocalAddress()) {
                return address;
            }
        }
        if (own.isEmpty()) {
            throw new IllegalArgumentException(config.wan() + " has no IPv4 address");
        }
        return own.getFirst();
    }

    /** The LAN interface that an address belongs to; the first one when that is not to be seen. */
    private static String lanOf(RouterConfig router, Endpoint from) {
        for (String lan : router.lan()) {
            for (InterfaceAddress own : interfaceAddresses(lan)) {
                int mask = -1 << (32 - Math.min(own.getNetworkPrefixLength(), (short) 31));
                if (own.getAddress() instanceof Inet4Address four
                        && ((Endpoints.number(four) ^ from.address()) & mask) == 0) {
                    return lan;
                }
            }
        }
        return router.lan().getFirst();
    }

    private static List<Integer> addressesOf(String device) {
        List<Integer> addresses = new ArrayList<>();
        for (InterfaceAddress each : interfaceAddresses(device)) {
            if (each.getAddress() instanceof Inet4Address four) {
                addresses.add(Endpoints.number(four));
            }
        }
        return addresses;
    }

    private static List<InterfaceAddress> interfaceAddresses(String device) {
        try {
            NetworkInterface found = NetworkInterface.getByName(device);
            return found == null ? List.of() : found.getInterfaceAddresses();
        } catch (SocketException gone) {
            return List.of();
        }
    }

    @Override
    public void close() {
        others.close();
    }
}
