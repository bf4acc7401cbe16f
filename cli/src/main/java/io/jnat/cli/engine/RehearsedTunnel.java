package io.jnat.cli.engine;

import io.jnat.core.engine.Layout;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.Policy;
import io.jnat.core.engine.Zone;
import io.jnat.core.stat.LinkCounters;
import io.jnat.core.time.Clock;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.NatCapacity;
import io.jnat.nat.NatCommand;
import io.jnat.nat.NatPolicy;
import io.jnat.nat.PassThrough;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.PortRange;
import io.jnat.nat.rule.RuleSet;
import io.jnat.tun.SocketOptions;
import io.jnat.tun.TunDevice;
import io.jnat.tun.TunOptions;
import io.jnat.tun.UdpSockets;
import io.jnat.tun.linux.Linux;
import io.jnat.wireguard.AllowedIp;
import io.jnat.wireguard.DeviceConfig;
import io.jnat.wireguard.PeerConfig;
import io.jnat.wireguard.PeerEndpoint;
import io.jnat.wireguard.WireGuardDevice;
import io.jnat.wireguard.WireGuardKey;
import io.jnat.wireguard.crypto.vector.CipherChoice;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The two ends of a tunnel that a {@link Rehearsal} sends packets through: a relay, in whose
 * network the internet is, and a site's router with a device in another one.
 */
final class RehearsedTunnel implements AutoCloseable {
    /** The internet's host beside the relay. */
    static final String CLIENT = "198.51.100.7";

    /** Where the relay forwards from, to the same port of the device. */
    static final String RELAY = "198.51.100.1";

    /** The site's device. */
    static final String DEVICE = "192.168.20.31";

    /** Its port, of UDP and TCP. */
    static final int DEVICE_PORT = 5000;

    private static final String SITE = "192.168.20.0/24";
    private static final int MTU_BYTES = 1420;
    private static final int DEVICE_LINK = 0;
    private static final int TUNNEL_LINK = 1;

    /** The device's network and the client's are halves of all there is, each behind its end. */
    private static final int HALF_OF_ALL = 1;

    private final boolean nat;
    private final int nice;
    private final RehearsedNetwork relayNetwork;
    private final RehearsedNetwork siteNetwork;
    private final Log silent =
            new Log(
                    new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
                    false);

    private @Nullable EngineAssembly relay;
    private @Nullable EngineAssembly site;

    private RehearsedTunnel(
            boolean nat, int nice, RehearsedNetwork relayNetwork, RehearsedNetwork siteNetwork) {
        this.nat = nat;
        this.nice = nice;
        this.relayNetwork = relayNetwork;
        this.siteNetwork = siteNetwork;
    }

    /**
     * Sets both ends up.
     *
     * @param nat whether with translation
     * @param nice value of all its threads
     */
    static RehearsedTunnel open(boolean nat, int nice) throws IOException {
        RehearsedNetwork relayNetwork = RehearsedNetwork.enter(nice);
        RehearsedNetwork siteNetwork;
        try {
            siteNetwork = RehearsedNetwork.enter(nice);
        } catch (IOException failure) {
            relayNetwork.close();
            throw failure;
        }
        RehearsedTunnel tunnel = new RehearsedTunnel(nat, nice, relayNetwork, siteNetwork);
        try {
            tunnel.openEnds();
        } catch (IOException failure) {
            tunnel.close();
            throw failure;
        }
        return tunnel;
    }

    private void openEnds() throws IOException {
        WireGuardKey relayKey = WireGuardKey.generatePrivate();
        WireGuardKey siteKey = WireGuardKey.generatePrivate();
        PeerConfig toSite = peer(siteKey, null, nat ? SITE : "0.0.0.0/0");
        EngineAssembly first = open("relay", Zone.WAN, relayNetwork, relayKey, toSite);
        relay = first;
        PeerEndpoint place = new PeerEndpoint("127.0.0.1", first.sockets().port());
        PeerConfig toRelay = peer(relayKey, place, "0.0.0.0/0");
        EngineAssembly second = open("router", Zone.LAN, siteNetwork, siteKey, toRelay);
        site = second;
        relayNetwork.address(name(first), Ipv4Prefix.parseAddress(CLIENT), HALF_OF_ALL);
        siteNetwork.address(name(second), Ipv4Prefix.parseAddress(DEVICE), HALF_OF_ALL);
    }

    /** The network that the client is in. */
    RehearsedNetwork relayNetwork() {
        return relayNetwork;
    }

    /** The network that the device is in. */
    RehearsedNetwork siteNetwork() {
        return siteNetwork;
    }

    /** Where the client finds the device. */
    String deviceSeenFromOutside() {
        return nat ? RELAY : DEVICE;
    }

    /** Packets that came out of the tunnel, at both ends together. */
    long crossed() {
        return crossed(relay) + crossed(site);
    }

    private static long crossed(@Nullable EngineAssembly end) {
        return end == null ? 0 : end.engine().traffic(DEVICE_LINK, LinkCounters.Kind.SENT_PACKETS);
    }

    private static String name(EngineAssembly end) {
        return end.devices().getFirst().name();
    }

    private static PeerConfig peer(
            WireGuardKey privateKey, @Nullable PeerEndpoint place, String allowed) {
        return new PeerConfig(
                "peer",
                privateKey.publicKey(),
                null,
                place,
                List.of(AllowedIp.parse(allowed)),
                0,
                0);
    }

    /** Both ends' sockets are in one network, so that they reach each other. */
    private EngineAssembly open(
            String name, Zone zone, RehearsedNetwork network, WireGuardKey key, PeerConfig peer)
            throws IOException {
        UdpSockets sockets =
                relayNetwork.call(() -> Linux.openSockets(new SocketOptions(0, 0, true)));
        TunDevice device;
        try {
            device =
                    network.call(() ->
                            Linux.openTun(new TunOptions(name, MTU_BYTES, true), DEVICE_LINK));
        } catch (IOException failure) {
            sockets.close();
            throw failure;
        }
        Link outside = new Link(DEVICE_LINK, name, zone, MTU_BYTES);
        Link tunnel = new Link(TUNNEL_LINK, "tunnel", Zone.TUNNEL, MTU_BYTES);
        WireGuardDevice wireguard =
                new WireGuardDevice(
                        DeviceConfig.standard(key),
                        tunnel,
                        List.of(peer),
                        Clock.MONOTONIC,
                        InstantSource.system(),
                        event -> {});
        wireguard.chooseCipher(CipherChoice.SCALAR); // the vector kernels are trained elsewhere
        NatPolicy translating = nat ? new NatPolicy(NatCapacity.of(1024, 1)) : null;
        Policy policy =
                translating == null ? new PassThrough(DEVICE_LINK, TUNNEL_LINK) : translating;
        EngineAssembly end;
        try {
            end =
                    new EngineAssembly(
                            Layout.ONE,
                            new EngineAssembly.ThreadSettings(nice, List.of(), false),
                            List.of(outside, tunnel),
                            tunnel,
                            List.of(device),
                            sockets,
                            wireguard,
                            policy,
                            silent);
        } catch (IOException failure) {
            wireguard.close();
            device.close();
            sockets.close();
            throw failure;
        }
        end.start();
        if (translating != null) {
            RuleSet rules = RuleSet.compile(rules(zone, outside, tunnel));
            end.engine()
                    .submit(
                            new NatCommand.ApplyRules(
                                    translating, rules, new CompletableFuture<>()));
        }
        device.up();
        return end;
    }

    /** Forwards to the site's device on the relay, and the captured device on the router. */
    private static NatConfig rules(Zone zone, Link outside, Link tunnel) {
        boolean relay = zone == Zone.WAN;
        List<Integer> own = relay ? List.of(Ipv4Prefix.parseAddress(RELAY)) : List.of();
        List<Ipv4Prefix> device = List.of(Ipv4Prefix.parse(DEVICE + "/32"));
        NatConfig config =
                NatConfig.of(
                        List.of(
                                new NatConfig.LinkSetup(outside, own, List.of()),
                                new NatConfig.LinkSetup(tunnel, List.of(), List.of())),
                        Ipv4Prefix.parseAddress(relay ? "10.99.0.1" : "10.99.0.2"),
                        Ipv4Prefix.parse("10.99.0.0/24"));
        if (relay) {
            return config.withRules(
                    List.of(new NatConfig.Site(0, "site", List.of(Ipv4Prefix.parse(SITE)))),
                    List.of(forward("voice", Protocol.UDP), forward("transfer", Protocol.TCP)),
                    List.of(),
                    List.of(),
                    NatConfig.Others.KERNEL);
        }
        return config.withRules(
                List.of(),
                List.of(),
                List.of(new NatConfig.Capture("voice", device)),
                List.of(
                        new NatConfig.Allow(
                                "voice",
                                Zone.TUNNEL,
                                List.of(),
                                device,
                                List.of(port(Protocol.UDP), port(Protocol.TCP)),
                                NatConfig.Action.ACCEPT)),
                NatConfig.Others.KERNEL);
    }

    private static NatConfig.Forward forward(String name, int protocol) {
        return new NatConfig.Forward(
                name,
                port(protocol),
                0,
                List.of(),
                0,
                Ipv4Prefix.parseAddress(DEVICE),
                DEVICE_PORT,
                false);
    }

    private static PortRange port(int protocol) {
        return new PortRange(protocol, DEVICE_PORT, DEVICE_PORT);
    }

    @Override
    public void close() {
        if (site != null) {
            site.close();
        }
        if (relay != null) {
            relay.close();
        }
        siteNetwork.close();
        relayNetwork.close();
    }
}
