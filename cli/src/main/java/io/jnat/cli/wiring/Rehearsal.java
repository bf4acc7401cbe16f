package io.jnat.cli.wiring;

import io.jnat.core.engine.Layout;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.Policy;
import io.jnat.core.engine.Zone;
import io.jnat.core.stat.LinkCounters;
import io.jnat.core.time.Clock;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.Ipv4Prefix;
import io.jnat.nat.NatCapacity;
import io.jnat.nat.NatCommand;
import io.jnat.nat.NatConfig;
import io.jnat.nat.NatPolicy;
import io.jnat.nat.PassThrough;
import io.jnat.nat.PortRange;
import io.jnat.nat.RuleSet;
import io.jnat.tun.SocketOptions;
import io.jnat.tun.TunDevice;
import io.jnat.tun.TunOptions;
import io.jnat.tun.UdpSockets;
import io.jnat.tun.linux.Linux;
import io.jnat.tun.linux.PrivateNetwork;
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
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Has the JVM compile the way of a packet before calls depend on it. Interpreted, a packet takes
 * milliseconds, and at fifty packets a second it would stay so for minutes. So two ends of a tunnel
 * are set up in a network namespace that nothing leads out of, with real TUN devices and sockets,
 * and packets are sent through them both ways, beside the start of the real engine and behind
 * everything else that wants the processor.
 *
 * <p>It must be the real thing: code that was compiled for simulated links would be thrown away at
 * the first packet of a real one.
 */
public final class Rehearsal {
    /** Enough for the second compiler, which wants some 5000 calls of each method. */
    private static final int PACKETS = 16_000;

    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(8);
    private static final int MOST_ON_THE_WAY = 32;
    private static final long NAP_NANOS = 100_000;
    private static final int NAPS_UNTIL_LOST = 200;
    private static final int LAST_NICE = 19;
    private static final int MTU_BYTES = 1420;
    private static final int VOICE_BYTES = 172;
    private static final int DEVICE_LINK = 0;
    private static final int TUNNEL_LINK = 1;

    private static final String CLIENT = "198.51.100.7";
    private static final String RELAY = "198.51.100.1";
    private static final String SITE = "192.168.20.0/24";
    private static final String DEVICE = "192.168.20.31";

    /** Behind the router's device, as the whole upper half is. */
    private static final String INTERNET = "203.0.113.9";

    private static final int DEVICE_PORT = 5000;
    private static final int OTHER_PORT = 4000;

    private final boolean nat;
    private final Log silent =
            new Log(
                    new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
                    false);
    private long crossed;

    private Rehearsal(boolean nat) {
        this.nat = nat;
    }

    /**
     * Begins on a thread of its own, which ends by itself after some seconds.
     *
     * @param nat whether with translation, as relay and router have it, or without
     * @param log told when it can't be had here
     */
    public static Thread start(boolean nat, Log log) {
        return Thread.ofPlatform()
                .daemon()
                .name("rehearsal")
                .start(() -> {
                    try {
                        new Rehearsal(nat).run();
                    } catch (IOException notPossibleHere) {
                        log.info(
                                "the way of a packet could not be rehearsed, so that the first calls"
                                        + " are slower: "
                                        + notPossibleHere.getMessage());
                    }
                });
    }

    /**
     * Trains a device's cipher when a rehearsal is over: the compiler takes one after the other,
     * and the kernels would keep it for seconds from the way of a packet, which every call needs.
     */
    public static void thenTrain(Thread rehearsal, WireGuardDevice wireguard) {
        Thread.ofPlatform()
                .daemon()
                .name("after-rehearsal")
                .start(() -> {
                    try {
                        rehearsal.join();
                        wireguard.trainCipher();
                    } catch (InterruptedException stopping) {
                        Thread.currentThread().interrupt();
                    }
                });
    }

    /**
     * Goes through with it on the calling thread, which is in a network namespace of its own
     * afterwards.
     *
     * @return packets that crossed the tunnel, both ways together
     * @throws IOException if it can't be had here
     */
    static long runHere(boolean nat) throws IOException {
        Rehearsal rehearsal = new Rehearsal(nat);
        rehearsal.run();
        return rehearsal.crossed;
    }

    private void run() throws IOException {
        Linux.setNiceOfThisThread(LAST_NICE);
        PrivateNetwork network = PrivateNetwork.enter();
        WireGuardKey relayKey = WireGuardKey.generatePrivate();
        WireGuardKey routerKey = WireGuardKey.generatePrivate();
        PeerConfig router = peer(routerKey, null, nat ? SITE : "0.0.0.0/0");
        try (EngineAssembly relay = open("relay", Zone.WAN, relayKey, router)) {
            PeerEndpoint place = new PeerEndpoint("127.0.0.1", relay.sockets().port());
            PeerConfig toRelay = peer(relayKey, place, "0.0.0.0/0");
            try (EngineAssembly site = open("router", Zone.LAN, routerKey, toRelay)) {
                network.address(name(relay), Ipv4Prefix.parseAddress(CLIENT), 24);
                network.address(name(site), Ipv4Prefix.parseAddress(DEVICE), 1);
                exchange(relay, site);
            }
        }
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

    private EngineAssembly open(String name, Zone zone, WireGuardKey key, PeerConfig peer)
            throws IOException {
        UdpSockets sockets = Linux.openSockets(new SocketOptions(0, 0, true));
        TunDevice device;
        try {
            device = Linux.openTun(new TunOptions(name, MTU_BYTES, true), DEVICE_LINK);
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
        wireguard.chooseCipher(CipherChoice.JDK); // the vector kernels are trained elsewhere
        NatPolicy translating = nat ? new NatPolicy(NatCapacity.of(1024, 1), number -> true) : null;
        Policy policy =
                translating == null ? new PassThrough(DEVICE_LINK, TUNNEL_LINK) : translating;
        EngineAssembly end =
                new EngineAssembly(
                        Layout.ONE,
                        new EngineAssembly.ThreadSettings(LAST_NICE, List.of()),
                        List.of(outside, tunnel),
                        tunnel,
                        List.of(device),
                        sockets,
                        wireguard,
                        policy,
                        silent);
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

    /** A forward to the site's device on the relay, and the captured device on the router. */
    private static NatConfig rules(Zone zone, Link outside, Link tunnel) {
        boolean relay = zone == Zone.WAN;
        List<Integer> own = relay ? List.of(Ipv4Prefix.parseAddress(RELAY)) : List.of();
        List<Ipv4Prefix> device = List.of(Ipv4Prefix.parse(DEVICE + "/32"));
        PortRange port = new PortRange(Protocol.UDP, DEVICE_PORT, DEVICE_PORT);
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
                    List.of(
                            new NatConfig.Forward(
                                    "voice",
                                    port,
                                    0,
                                    List.of(),
                                    0,
                                    Ipv4Prefix.parseAddress(DEVICE),
                                    DEVICE_PORT,
                                    false)),
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
                                List.of(port),
                                NatConfig.Action.ACCEPT)),
                NatConfig.Others.KERNEL);
    }

    /** A call from a client to the device's forward, and one from the device to the internet. */
    private void exchange(EngineAssembly relay, EngineAssembly site) throws IOException {
        long startNanos = Clock.MONOTONIC.nowNanos();
        ByteBuffer voice = ByteBuffer.allocateDirect(VOICE_BYTES);
        try (DatagramChannel client = channel(CLIENT, OTHER_PORT);
                DatagramChannel device = channel(DEVICE, DEVICE_PORT)) {
            InetSocketAddress called =
                    new InetSocketAddress(nat ? RELAY : "198.51.100.9", DEVICE_PORT);
            InetSocketAddress calling = new InetSocketAddress(INTERNET, OTHER_PORT);
            long sent = 0;
            long lost = 0;
            int naps = 0;
            while (sent < PACKETS && Clock.MONOTONIC.nowNanos() - startNanos - LONGEST_NANOS < 0) {
                long before = crossed;
                crossed = crossed(relay) + crossed(site);
                naps = crossed == before ? naps + 1 : 0;
                if (sent - lost - crossed <= MOST_ON_THE_WAY) {
                    client.send(voice.clear(), called);
                    device.send(voice.clear(), calling);
                    sent += 2;
                } else if (naps > NAPS_UNTIL_LOST) {
                    lost = sent - crossed;
                } else {
                    LockSupport.parkNanos(NAP_NANOS);
                }
            }
        }
    }

    private static DatagramChannel channel(String address, int port) throws IOException {
        DatagramChannel channel = DatagramChannel.open();
        channel.configureBlocking(false);
        channel.bind(new InetSocketAddress(address, port));
        return channel;
    }

    private static long crossed(EngineAssembly end) {
        return end.engine().traffic(DEVICE_LINK, LinkCounters.Kind.SENT_PACKETS);
    }
}
