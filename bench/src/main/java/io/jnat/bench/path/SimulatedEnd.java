package io.jnat.bench.path;

import io.jnat.core.engine.CommandQueue;
import io.jnat.core.engine.Engine;
import io.jnat.core.engine.EngineCommand;
import io.jnat.core.engine.EngineSection;
import io.jnat.core.engine.Forwarder;
import io.jnat.core.engine.LargeFlows;
import io.jnat.core.engine.Layout;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.PacketTransmitter;
import io.jnat.core.engine.Receiver;
import io.jnat.core.engine.StepRunner;
import io.jnat.core.engine.Zone;
import io.jnat.core.packet.Burst;
import io.jnat.core.stat.DropReason;
import io.jnat.core.time.Clock;
import io.jnat.nat.NatCapacity;
import io.jnat.nat.NatCommand;
import io.jnat.nat.NatPolicy;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.RuleSet;
import io.jnat.tun.sim.SimulatedDevice;
import io.jnat.tun.sim.SimulatedReadySet;
import io.jnat.tun.sim.SimulatedSockets;
import io.jnat.wireguard.DeviceConfig;
import io.jnat.wireguard.PeerConfig;
import io.jnat.wireguard.WireGuardDevice;
import io.jnat.wireguard.WireGuardKey;
import io.jnat.wireguard.crypto.vector.CipherChoice;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One end of a tunnel, relay or router, on a simulated device and simulated sockets. Either its
 * owner turns it by hand, a burst at a time, or an engine thread of its own does.
 */
public final class SimulatedEnd implements AutoCloseable {
    private static final long SEED = 42;

    private final SimulatedDevice device;
    private final SimulatedSockets sockets;
    private final WireGuardDevice wireguard;
    private final NatPolicy policy;
    private final Link tunnel = new Link(1, "tunnel", Zone.TUNNEL, 1420);
    private final EngineSection section = new EngineSection(false);
    private final PacketTransmitter toDevice;

    /** Turned by hand: these three. */
    private final ConcurrentLinkedQueue<EngineCommand> commands = new ConcurrentLinkedQueue<>();

    private @Nullable Forwarder forwarder;
    private final Burst burst = new Burst();

    /** Turned by a thread: this. */
    private @Nullable Engine engine;

    SimulatedEnd(
            Zone zone,
            SimulatedSockets sockets,
            WireGuardKey privateKey,
            PeerConfig peer,
            Function<List<Link>, NatConfig> rules,
            CipherChoice cipher,
            UnaryOperator<PacketTransmitter> tap) {
        this.sockets = sockets;
        device = new SimulatedDevice(zone.name(), 0);
        toDevice = tap.apply(device.newTransmitter());
        wireguard =
                new WireGuardDevice(
                        DeviceConfig.standard(privateKey),
                        tunnel,
                        List.of(peer),
                        Clock.MONOTONIC,
                        InstantSource.system(),
                        event -> {});
        wireguard.chooseCipher(cipher);
        policy = new NatPolicy(NatCapacity.of(1024, SEED));
        Link deviceLink = new Link(0, "device", zone, 1500);
        commands.add(
                new NatCommand.ApplyRules(
                        policy,
                        RuleSet.compile(rules.apply(List.of(deviceLink, tunnel))),
                        new CompletableFuture<>()));
    }

    private Forwarder newForwarder(StepRunner runner) {
        return new Forwarder(
                section,
                new LargeFlows(),
                wireguard.tunnel(runner),
                policy,
                sockets.newTransmitter(anyPeer -> {}),
                new @Nullable PacketTransmitter[] {toDevice, null},
                tunnel);
    }

    void startByHand() {
        forwarder = newForwarder(StepRunner.INLINE);
        startHandshakes(commands::add);
    }

    void startThread(BiConsumer<String, Throwable> faultLog) {
        Engine started =
                new Engine(
                        Layout.ONE,
                        0,
                        Clock.MONOTONIC,
                        section,
                        this::newForwarder,
                        () ->
                                new SimulatedReadySet(
                                        List.of(device, sockets.receivers().getFirst())),
                        List.of(device),
                        sockets.receivers(),
                        faultLog);
        engine = started;
        started.start(() -> {});
        commands.forEach(started::submit);
        startHandshakes(started::submit);
    }

    private void startHandshakes(CommandQueue queue) {
        wireguard.start(
                queue,
                (datagram, length, to, tos) ->
                        sockets.send(Arrays.copyOf(datagram, length), to, tos));
        wireguard.trainCipher();
    }

    /** By hand: everything that is there, once: commands, both receivers, timers. */
    public void turn() {
        Forwarder turned = byHand();
        EngineCommand command = commands.poll();
        while (command != null) {
            command.apply(Clock.MONOTONIC.nowNanos());
            command = commands.poll();
        }
        receive(device, turned);
        receive(sockets.receivers().getFirst(), turned);
        long nowNanos = Clock.MONOTONIC.nowNanos();
        if (turned.nextDeadlineNanos(nowNanos) - nowNanos <= 0) {
            turned.onTimer(nowNanos);
        }
    }

    private Forwarder byHand() {
        Forwarder turned = forwarder;
        if (turned == null) {
            throw new IllegalStateException("a thread turns this end");
        }
        return turned;
    }

    private void receive(Receiver receiver, Forwarder turned) {
        burst.reset(Clock.MONOTONIC.nowNanos());
        if (receiver.receive(burst, Receiver.ALL)) {
            turned.forwardBurst(burst);
        }
    }

    /** Where packets are put in and taken out. */
    public SimulatedDevice device() {
        return device;
    }

    /** Its tunnel. */
    public WireGuardDevice wireguard() {
        return wireguard;
    }

    /** Packets dropped for a reason, wherever that happened. */
    public long drops(DropReason reason) {
        Engine running = engine;
        return wireguard.drops(reason)
                + (running == null ? byHand().drops().get(reason) : running.drops(reason));
    }

    /** Reasons and counts of all drops, for people; empty when there were none. */
    public String drops() {
        StringBuilder text = new StringBuilder();
        for (DropReason reason : DropReason.values()) {
            long count = drops(reason);
            if (count > 0) {
                text.append(text.isEmpty() ? "" : ", ").append(reason).append(' ').append(count);
            }
        }
        return text.toString();
    }

    @Override
    public void close() {
        Engine running = engine;
        if (running != null) {
            try {
                running.stop();
            } catch (InterruptedException stopping) {
                Thread.currentThread().interrupt();
            }
        }
        wireguard.close();
        policy.release();
        if (forwarder != null) {
            forwarder.release();
        }
        burst.release();
        sockets.close();
        device.close();
    }
}
