package io.jnat.cli.wiring;

import io.jnat.core.engine.EngineCommand;
import io.jnat.core.engine.EngineSection;
import io.jnat.core.engine.Forwarder;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.PacketTransmitter;
import io.jnat.core.engine.Receiver;
import io.jnat.core.engine.Zone;
import io.jnat.core.packet.Burst;
import io.jnat.core.time.Clock;
import io.jnat.nat.NatCapacity;
import io.jnat.nat.NatCommand;
import io.jnat.nat.NatConfig;
import io.jnat.nat.NatPolicy;
import io.jnat.nat.RuleSet;
import io.jnat.tun.sim.SimulatedDevice;
import io.jnat.tun.sim.SimulatedSockets;
import io.jnat.wireguard.DeviceConfig;
import io.jnat.wireguard.PeerConfig;
import io.jnat.wireguard.WireGuardDevice;
import io.jnat.wireguard.WireGuardKey;
import io.jnat.wireguard.crypto.vector.CipherChoice;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One end with the real engine steps, NAT and WireGuard, on simulated links, turned by the test's
 * thread.
 */
final class PathEnd implements AutoCloseable {
    final SimulatedDevice device;
    final WireGuardDevice wireguard;
    final Forwarder forwarder;
    private final SimulatedSockets sockets;
    private final NatPolicy policy;
    private final Receiver socketReceiver;
    private final Burst burst = new Burst();
    private final ConcurrentLinkedQueue<EngineCommand> commands = new ConcurrentLinkedQueue<>();

    PathEnd(
            Zone zone,
            SimulatedSockets sockets,
            WireGuardKey privateKey,
            List<PeerConfig> peers,
            Function<List<Link>, NatConfig> rules,
            CipherChoice cipher) {
        this.sockets = sockets;
        socketReceiver = sockets.receivers().getFirst();
        device = new SimulatedDevice(zone.name(), 0);
        Link deviceLink = new Link(0, "device", zone, 1500);
        Link tunnel = new Link(1, "tunnel", Zone.TUNNEL, 1420);
        wireguard =
                new WireGuardDevice(
                        DeviceConfig.standard(privateKey),
                        tunnel,
                        peers,
                        Clock.MONOTONIC,
                        InstantSource.system(),
                        event -> {});
        wireguard.chooseCipher(cipher);
        policy = new NatPolicy(NatCapacity.of(1024, 42), peer -> true);
        forwarder =
                new Forwarder(
                        new EngineSection(false),
                        wireguard.tunnel(),
                        policy,
                        sockets.newTransmitter(peer -> {}),
                        new @Nullable PacketTransmitter[] {device.newTransmitter(), null},
                        tunnel);
        wireguard.start(
                commands::add,
                (datagram, length, to, tos) -> {
                    byte[] exact = new byte[length];
                    System.arraycopy(datagram, 0, exact, 0, length);
                    sockets.send(exact, to, tos);
                });
        commands.add(
                new NatCommand.ApplyRules(
                        policy,
                        RuleSet.compile(rules.apply(List.of(deviceLink, tunnel))),
                        new CompletableFuture<>()));
    }

    /** Everything that is there, once: commands, both receivers, timers. */
    void turn() {
        EngineCommand command = commands.poll();
        while (command != null) {
            command.apply(Clock.MONOTONIC.nowNanos());
            command = commands.poll();
        }
        receive(device);
        receive(socketReceiver);
        long nowNanos = Clock.MONOTONIC.nowNanos();
        if (forwarder.nextDeadlineNanos(nowNanos) - nowNanos <= 0) {
            forwarder.onTimer(nowNanos);
        }
    }

    private void receive(Receiver receiver) {
        burst.reset(Clock.MONOTONIC.nowNanos());
        if (receiver.receive(burst)) {
            forwarder.forwardBurst(burst);
        }
    }

    @Override
    public void close() {
        wireguard.close();
        policy.release();
        forwarder.release();
        burst.release();
        sockets.close();
        device.close();
    }
}
