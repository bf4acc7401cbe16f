package io.jnat.wireguard;

import io.jnat.core.engine.EngineCommand;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.StepRunner;
import io.jnat.core.engine.Tunnel;
import io.jnat.core.engine.Zone;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.PacketParser;
import io.jnat.wireguard.TestNetwork.Datagram;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/** A device at a place of the {@link TestNetwork}, turned by hand in the order of the engine. */
final class TestNode implements AutoCloseable {
    static final int LINK = 7;
    static final int MTU = 1420;

    final TestNetwork network;
    final Endpoint place = new Endpoint();
    final WireGuardDevice device;
    Tunnel tunnel;
    final Link link = new Link(LINK, "test", Zone.TUNNEL, MTU);
    final WireGuardKey privateKey;
    final WireGuardKey publicKey;

    /** Inner packets that came out, in order. */
    final List<byte[]> delivered = new ArrayList<>();

    final List<Integer> deliveredFrom = new ArrayList<>();
    final List<DropReason> drops = new ArrayList<>();
    final List<DeviceEvent> events = new ArrayList<>();

    /** Names that resolve, and to what. */
    final Map<String, List<java.net.InetAddress>> names = new HashMap<>();

    final List<String> lookedUp = new ArrayList<>();
    private final ArrayDeque<Runnable> lookUps = new ArrayDeque<>();
    final Burst burst = new Burst();
    final DatagramBatch batch = new DatagramBatch();
    final ArrayDeque<EngineCommand> commands = new ArrayDeque<>();

    /** How far somebody has set the wall clock on. */
    long wallClockAheadSeconds;

    /** How often a burst is opened before it is accepted. */
    int opens = 1;

    /** Runs once, as soon as the first peer has a session, before the timers. */
    Runnable beforeTimers;

    /** Where handshake messages go; the network, unless a test runs the worker on a thread. */
    volatile Consumer<Datagram> handshakesGo;

    final HandshakeWorker worker;
    private final Slab packetMemory = Slab.allocate(70_000);

    TestNode(TestNetwork network, String place, WireGuardKey privateKey, PeerConfig... peers) {
        this(network, place, DeviceConfig.standard(privateKey), peers);
    }

    TestNode(TestNetwork network, String place, DeviceConfig config, PeerConfig... peers) {
        this.network = network;
        handshakesGo = network::send;
        this.place.set(address(place));
        this.privateKey = config.privateKey();
        publicKey = privateKey.publicKey();
        device =
                new WireGuardDevice(
                        config,
                        link,
                        List.of(peers),
                        () -> network.nowNanos,
                        () ->
                                Instant.ofEpochSecond(
                                        1_700_000_000L + wallClockAheadSeconds, network.nowNanos),
                        events::add,
                        (host, whenDone) -> {
                            lookedUp.add(host);
                            lookUps.add(() -> whenDone.accept(names.getOrDefault(host, List.of())));
                        },
                        new Random(place.hashCode()));
        worker = device.connect(commands::add, this::sendHandshake);
        tunnel = device.tunnel(StepRunner.INLINE);
        network.connect(this.place, this);
    }

    static InetSocketAddress address(String text) {
        PeerEndpoint endpoint = PeerEndpoint.parse(text);
        return new InetSocketAddress(
                java.net.InetAddress.ofLiteral(endpoint.host()), endpoint.port());
    }

    private void sendHandshake(byte[] datagram, int length, Endpoint to, int tos) {
        handshakesGo.accept(new Datagram(place, copy(to), Arrays.copyOf(datagram, length), tos));
    }

    static Endpoint copy(Endpoint endpoint) {
        Endpoint copy = new Endpoint();
        copy.copyFrom(endpoint);
        return copy;
    }

    /** Moves the node to another place. */
    void moveTo(String text) {
        network.disconnect(place);
        Endpoint next = new Endpoint();
        next.set(address(text));
        place.copyFrom(next);
        network.connect(place, this);
    }

    /** Whether packets to the first peer are sent at once. */
    boolean hasSession() {
        Peer peer = device.peer(0);
        return peer != null && peer.sendingSession(network.nowNanos) != null;
    }

    /** Commands, handshakes and what is due now; whether there was any. */
    boolean work() {
        boolean worked = !lookUps.isEmpty();
        while (!lookUps.isEmpty()) {
            lookUps.poll().run();
        }
        while (!commands.isEmpty()) {
            commands.poll().apply(network.nowNanos);
            worked = true;
        }
        if (beforeTimers != null && hasSession()) {
            beforeTimers.run();
            beforeTimers = null;
        }
        while (worker.work()) {
            worked = true;
        }
        if (nextDeadlineNanos() - network.nowNanos <= 0) {
            int before = network.sent.size();
            runTimers();
            worked |= network.sent.size() > before;
        }
        return worked;
    }

    long nextDeadlineNanos() {
        return tunnel.nextDeadlineNanos(network.nowNanos);
    }

    void runTimers() {
        tunnel.onTimer(batch, network.nowNanos);
        transmit();
    }

    /** Takes one inner packet into the tunnel, as the engine does. */
    DropReason send(byte[] inner) {
        return send(inner, -1);
    }

    DropReason send(byte[] inner, int outPeer) {
        return send(parsed(inner, outPeer));
    }

    /** Takes a packet in that measures the path. */
    DropReason measure(byte[] inner) {
        Packet packet = parsed(inner, -1);
        packet.measuresPath = true;
        return send(packet);
    }

    private Packet parsed(byte[] inner, int outPeer) {
        long at = packetMemory.address() + Packet.HEADROOM_BYTES;
        Memory.copy(inner, 0, at, inner.length);
        Packet packet = new Packet();
        packet.reset(at, inner.length);
        DropReason malformed = PacketParser.parse(packet);
        if (malformed != null) {
            throw new IllegalArgumentException("test packet: " + malformed);
        }
        packet.outPeer = outPeer;
        return packet;
    }

    DropReason send(Packet packet) {
        if (!tunnel.room(packet, batch)) {
            transmit();
        }
        DropReason reason = tunnel.stage(packet, batch, network.nowNanos);
        transmit();
        return reason;
    }

    /** Lays a packet into the batch, for {@link #transmit}. */
    DropReason stage(byte[] inner) {
        return tunnel.stage(parsed(inner, -1), batch, network.nowNanos);
    }

    void transmit() {
        tunnel.seal(batch);
        for (int run = 0; run < batch.runs; run++) {
            for (int at = batch.runFirst[run];
                    at < batch.runFirst[run] + batch.runCount[run];
                    at++) {
                byte[] bytes = new byte[batch.length[at]];
                Memory.copy(batch.address[at], bytes, 0, bytes.length);
                network.send(
                        new Datagram(
                                copy(place),
                                copy(batch.destination[run]),
                                bytes,
                                batch.runTos[run]));
            }
        }
        batch.clear();
    }

    /** Lays datagrams into a burst and opens it. */
    void receive(List<Datagram> datagrams) {
        burst.reset(network.nowNanos);
        burst.sealed = true;
        long at = burst.in.address() + Packet.HEADROOM_BYTES;
        for (int number = 0; number < datagrams.size(); number++) {
            Datagram datagram = datagrams.get(number);
            Memory.copy(datagram.bytes(), 0, at, datagram.bytes().length);
            Packet packet = burst.append(at, datagram.bytes().length);
            Endpoint remote = burst.endpoints[number % Burst.MAX_ENDPOINTS];
            remote.copyFrom(datagram.from());
            remote.clearLocal();
            remote.localLow = datagram.to().low;
            remote.localHigh = datagram.to().high;
            packet.remote = remote;
            packet.outerTos = datagram.tos();
            at += datagram.bytes().length;
        }
        for (int open = 0; open < opens; open++) {
            tunnel.open(burst);
        }
        tunnel.accept(burst);
        for (int number = 0; number < burst.count; number++) {
            Packet packet = burst.packets[number];
            if (packet.verdict == Packet.FORWARD) {
                byte[] inner = new byte[packet.length];
                Memory.copy(packet.address, inner, 0, inner.length);
                delivered.add(inner);
                deliveredFrom.add(packet.inPeer);
                if (packet.inLink != LINK) {
                    throw new AssertionError("inLink " + packet.inLink);
                }
            } else if (packet.verdict == Packet.DROP) {
                drops.add(packet.dropReason);
            }
        }
    }

    PeerStatus peer(int index) {
        return device.status().get(index);
    }

    @Override
    public void close() {
        network.disconnect(place);
        device.close();
        burst.release();
        batch.release();
        packetMemory.close();
    }
}
