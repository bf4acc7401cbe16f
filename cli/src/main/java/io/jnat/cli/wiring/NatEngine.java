package io.jnat.cli.wiring;

import io.jnat.cli.config.EngineConfig;
import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.engine.EngineAssembly;
import io.jnat.cli.engine.Log;
import io.jnat.cli.steering.Steering;
import io.jnat.core.engine.Layout;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import io.jnat.core.time.Clock;
import io.jnat.nat.NatCapacity;
import io.jnat.nat.NatPolicy;
import io.jnat.tun.SocketOptions;
import io.jnat.tun.TunDevice;
import io.jnat.tun.TunOptions;
import io.jnat.tun.UdpSockets;
import io.jnat.tun.linux.Linux;
import io.jnat.wireguard.DeviceConfig;
import io.jnat.wireguard.DeviceEvent;
import io.jnat.wireguard.PeerConfig;
import io.jnat.wireguard.WireGuardDevice;
import io.jnat.wireguard.WireGuardKey;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The engine of a relay or router, as its configuration wants it.
 *
 * @param assembly devices, sockets, tunnel; closes them
 * @param policy what decides in it; has no rules at first
 * @param publicKey the own one, in base64
 */
record NatEngine(EngineAssembly assembly, NatPolicy policy, String publicKey) {

    /**
     * Opens devices and sockets, and puts the engine together; it does not turn yet.
     *
     * @param hasLan whether there is a TUN device on the LAN's side
     * @param events gets what happens in the tunnel, on the handshake thread
     * @throws IOException naming what can't be had; nothing stays open then
     */
    static NatEngine open(
            JnatConfig config,
            boolean hasLan,
            List<PeerConfig> peers,
            Consumer<DeviceEvent> events,
            Log log)
            throws IOException {
        EngineConfig settings = config.instance().engine();
        TableMemory memory = new TableMemory(settings.flows());
        memory.check(log);
        boolean offload = settings.offload() == EngineConfig.Offload.AUTO;
        Deque<AutoCloseable> opened = new ArrayDeque<>();
        try {
            UdpSockets sockets =
                    Linux.openSockets(
                            new SocketOptions(config.instance().tunnel().listen(), 0, offload));
            opened.push(sockets);
            List<Link> links = new ArrayList<>();
            List<TunDevice> devices = new ArrayList<>();
            if (hasLan) {
                openDevice(Steering.lanDevice(config), Zone.LAN, offload, links, devices, opened);
            }
            if (Steering.needsWanDevice(config)) {
                openDevice(Steering.wanDevice(config), Zone.WAN, offload, links, devices, opened);
            }
            Link tunnel = new Link(links.size(), "tunnel", Zone.TUNNEL, config.instance().mtu());
            links.add(tunnel);
            WireGuardKey privateKey =
                    WireGuardKeys.read(config.instance().tunnel().privateKeyFile());
            WireGuardDevice wireguard =
                    new WireGuardDevice(
                            DeviceConfig.standard(privateKey),
                            tunnel,
                            peers,
                            Clock.MONOTONIC,
                            InstantSource.system(),
                            events);
            NatPolicy policy =
                    new NatPolicy(NatCapacity.of(settings.flows(), new SecureRandom().nextLong()));
            EngineAssembly assembly =
                    new EngineAssembly(
                            layout(settings),
                            new EngineAssembly.ThreadSettings(
                                    nice(settings), settings.cpus(), settings.awake()),
                            links,
                            tunnel,
                            devices,
                            sockets,
                            wireguard,
                            policy,
                            log);
            return new NatEngine(assembly, policy, privateKey.publicKey().base64());
        } catch (OutOfMemoryError tooLarge) {
            opened.forEach(NatEngine::closeQuietly);
            throw memory.refused(tooLarge);
        } catch (IOException | RuntimeException failure) {
            opened.forEach(NatEngine::closeQuietly);
            throw failure;
        }
    }

    private static void openDevice(
            String name,
            Zone zone,
            boolean offload,
            List<Link> links,
            List<TunDevice> devices,
            Deque<AutoCloseable> opened)
            throws IOException {
        TunDevice device =
                Linux.openTun(
                        new TunOptions(name, InterfaceAddresses.TUN_MTU, offload), links.size());
        opened.push(device);
        devices.add(device);
        links.add(new Link(links.size(), device.name(), zone, InterfaceAddresses.TUN_MTU));
    }

    private static Layout layout(EngineConfig settings) {
        return switch (settings.layout()) {
            case AUTO -> Layout.forCores(Runtime.getRuntime().availableProcessors());
            case ONE -> Layout.ONE;
            case TWO -> Layout.TWO;
            case FOUR -> Layout.MORE;
        };
    }

    private static @Nullable Integer nice(EngineConfig settings) {
        return settings.nice().isPresent() ? (Integer) settings.nice().getAsInt() : null;
    }

    private static void closeQuietly(AutoCloseable each) {
        try {
            each.close();
        } catch (Exception alreadyFailing) {
            // the first failure is the one to report
        }
    }
}
