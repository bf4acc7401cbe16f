package io.jnat.bench.path;

import io.jnat.core.engine.Link;
import io.jnat.core.engine.PacketTransmitter;
import io.jnat.core.engine.Zone;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.PortRange;
import io.jnat.tun.sim.SimulatedNetwork;
import io.jnat.tun.sim.Weather;
import io.jnat.wireguard.AllowedIp;
import io.jnat.wireguard.PeerConfig;
import io.jnat.wireguard.PeerEndpoint;
import io.jnat.wireguard.WireGuardKey;
import io.jnat.wireguard.crypto.vector.CipherChoice;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A relay and a router, joined by a simulated internet:
 *
 * <pre>
 * client 198.51.100.7 ─ device [ relay 198.51.100.1 ] 203.0.113.1 ═ 203.0.113.2 [ router ] device ─ radio 192.168.20.31
 * </pre>
 *
 * UDP ports 50000 to 55193 of the relay lead to the same ports of the radio, which is captured.
 */
public final class SimulatedPair implements AutoCloseable {
    /** The internet client. */
    public static final String CLIENT = "198.51.100.7";

    /** The relay's public address. */
    public static final String RELAY = "198.51.100.1";

    /** The captured device. */
    public static final String RADIO = "192.168.20.31";

    /** First forwarded port. */
    public static final int FIRST_PORT = 50_000;

    /** Last forwarded port. */
    public static final int LAST_PORT = 55_193;

    private static final String SITE = "192.168.20.0/24";

    private final SimulatedNetwork network = new SimulatedNetwork(new Weather(1));
    private final SimulatedEnd relay;
    private final SimulatedEnd router;

    private SimulatedPair(
            CipherChoice cipher,
            UnaryOperator<PacketTransmitter> relayTap,
            UnaryOperator<PacketTransmitter> routerTap) {
        WireGuardKey relayKey = WireGuardKey.generatePrivate();
        WireGuardKey routerKey = WireGuardKey.generatePrivate();
        relay =
                new SimulatedEnd(
                        Zone.WAN,
                        network.open("203.0.113.1", 51820),
                        relayKey,
                        peer("site", routerKey.publicKey(), null, SITE),
                        SimulatedPair::relayRules,
                        cipher,
                        relayTap);
        router =
                new SimulatedEnd(
                        Zone.LAN,
                        network.open("203.0.113.2", 40000),
                        routerKey,
                        peer(
                                "relay",
                                relayKey.publicKey(),
                                new PeerEndpoint("203.0.113.1", 51820),
                                "0.0.0.0/0"),
                        SimulatedPair::routerRules,
                        cipher,
                        routerTap);
    }

    /** A pair whose ends are turned by hand. */
    public static SimulatedPair byHand(CipherChoice cipher) {
        SimulatedPair pair =
                new SimulatedPair(cipher, UnaryOperator.identity(), UnaryOperator.identity());
        pair.relay.startByHand();
        pair.router.startByHand();
        return pair;
    }

    /**
     * A pair with an engine thread for each end.
     *
     * @param relayTap stands between the relay and its device
     * @param routerTap stands between the router and its device
     * @param faultLog gets what an engine caught
     */
    public static SimulatedPair running(
            CipherChoice cipher,
            UnaryOperator<PacketTransmitter> relayTap,
            UnaryOperator<PacketTransmitter> routerTap,
            BiConsumer<String, Throwable> faultLog) {
        SimulatedPair pair = new SimulatedPair(cipher, relayTap, routerTap);
        pair.relay.startThread(faultLog);
        pair.router.startThread(faultLog);
        return pair;
    }

    private static PeerConfig peer(
            String name, WireGuardKey key, @Nullable PeerEndpoint endpoint, String allowed) {
        return new PeerConfig(name, key, null, endpoint, List.of(AllowedIp.parse(allowed)), 0, 0);
    }

    private static NatConfig relayRules(List<Link> links) {
        int radio = Ipv4Prefix.parseAddress(RADIO);
        return NatConfig.of(
                        List.of(
                                new NatConfig.LinkSetup(
                                        links.get(0),
                                        List.of(Ipv4Prefix.parseAddress(RELAY)),
                                        List.of()),
                                new NatConfig.LinkSetup(links.get(1), List.of(), List.of())),
                        Ipv4Prefix.parseAddress("10.99.0.1"),
                        Ipv4Prefix.parse("10.99.0.0/24"))
                .withRules(
                        List.of(new NatConfig.Site(0, "site", List.of(Ipv4Prefix.parse(SITE)))),
                        List.of(
                                new NatConfig.Forward(
                                        "voice",
                                        ports(),
                                        0,
                                        List.of(),
                                        0,
                                        radio,
                                        FIRST_PORT,
                                        false)),
                        List.of(),
                        List.of(),
                        NatConfig.Others.KERNEL);
    }

    private static NatConfig routerRules(List<Link> links) {
        List<Ipv4Prefix> radio = List.of(Ipv4Prefix.parse(RADIO));
        return NatConfig.of(
                        List.of(
                                new NatConfig.LinkSetup(links.get(0), List.of(), List.of()),
                                new NatConfig.LinkSetup(links.get(1), List.of(), List.of())),
                        Ipv4Prefix.parseAddress("10.99.0.2"),
                        Ipv4Prefix.parse("10.99.0.0/24"))
                .withRules(
                        List.of(),
                        List.of(),
                        List.of(new NatConfig.Capture("radio", radio)),
                        List.of(
                                new NatConfig.Allow(
                                        "voice",
                                        Zone.TUNNEL,
                                        List.of(),
                                        radio,
                                        List.of(ports()),
                                        NatConfig.Action.ACCEPT)),
                        NatConfig.Others.KERNEL);
    }

    private static PortRange ports() {
        return new PortRange(Protocol.UDP, FIRST_PORT, LAST_PORT);
    }

    /** The end that the client sees. */
    public SimulatedEnd relay() {
        return relay;
    }

    /** The end that the radio sees. */
    public SimulatedEnd router() {
        return router;
    }

    /** Whether both ends have chosen and compiled their ciphers. */
    public boolean settled() {
        return relay.wireguard().cipherStatus().settled()
                && router.wireguard().cipherStatus().settled();
    }

    /** From the client to a forwarded port. */
    public static Frames.Flow toSite(int clientPort, int port) {
        return new Frames.Flow(
                Ipv4Prefix.parseAddress(CLIENT), clientPort, Ipv4Prefix.parseAddress(RELAY), port);
    }

    /** From the radio's port back to the client. */
    public static Frames.Flow fromSite(int port, int clientPort) {
        return new Frames.Flow(
                Ipv4Prefix.parseAddress(RADIO), port, Ipv4Prefix.parseAddress(CLIENT), clientPort);
    }

    @Override
    public void close() {
        relay.close();
        router.close();
        network.close();
    }
}
