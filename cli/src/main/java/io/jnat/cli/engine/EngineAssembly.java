package io.jnat.cli.engine;

import io.jnat.core.engine.DatagramTransmitter;
import io.jnat.core.engine.Engine;
import io.jnat.core.engine.EngineSection;
import io.jnat.core.engine.Forwarder;
import io.jnat.core.engine.LargeFlows;
import io.jnat.core.engine.Layout;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.PacketTransmitter;
import io.jnat.core.engine.Policy;
import io.jnat.core.engine.ReadySet;
import io.jnat.core.engine.Receiver;
import io.jnat.core.stat.DropReason;
import io.jnat.core.stat.LinkCounters;
import io.jnat.core.time.Clock;
import io.jnat.tun.Offload;
import io.jnat.tun.TunDevice;
import io.jnat.tun.UdpSockets;
import io.jnat.tun.linux.AwakeCores;
import io.jnat.tun.linux.Linux;
import io.jnat.wireguard.DeviceCommand;
import io.jnat.wireguard.WireGuardDevice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An engine with its devices, its tunnel and its policy: what relay, router and a stand-alone
 * WireGuard device have in common. It owns what it is given, and closes it in the right order.
 */
public final class EngineAssembly implements AutoCloseable {
    private final List<Link> links;
    private final List<TunDevice> devices;
    private final UdpSockets sockets;
    private final WireGuardDevice wireguard;
    private final Engine engine;
    private final ThreadSettings threads;
    private final Log log;
    private final AtomicInteger startedThreads = new AtomicInteger();
    private @Nullable SourceWatch sources;
    private @Nullable AwakeCores awake;
    private volatile boolean closed;

    /**
     * What engine threads get where nothing is configured and the process may: a packet does not
     * wait for whatever else wants the core, and programs that share it still get to read what they
     * are sent (docs/decisions/017-nice.md).
     */
    private static final int DEFAULT_NICE = -5;

    /** Cores that are kept awake: one for the engine's thread, one for whom it gives packets to. */
    private static final int MOST_AWAKE = 2;

    /**
     * What engine threads are given beside their work; without a nice value, the default.
     *
     * @param cores that they are bound to; empty binds none
     * @param awake whether cores are kept from sleeping while packets flow
     */
    public record ThreadSettings(@Nullable Integer nice, List<Integer> cores, boolean awake) {
        /** Copies the list. */
        public ThreadSettings {
            cores = List.copyOf(cores);
        }
    }

    /**
     * Puts the parts together; {@link #start} sets them in motion.
     *
     * @param layout how many engine threads
     * @param threads their settings
     * @param links all of them, by id
     * @param tunnel the one of them that is the tunnel
     * @param devices the device of each link, in the order of the ids; none for the tunnel, which
     *     comes last
     * @param policy what decides
     * @throws IOException when the kernel refuses what the engine's threads wait with
     */
    public EngineAssembly(
            Layout layout,
            ThreadSettings threads,
            List<Link> links,
            Link tunnel,
            List<TunDevice> devices,
            UdpSockets sockets,
            WireGuardDevice wireguard,
            Policy policy,
            Log log)
            throws IOException {
        this.threads = threads;
        this.links = List.copyOf(links);
        this.devices = List.copyOf(devices);
        this.sockets = sockets;
        this.wireguard = wireguard;
        this.log = log;
        if (tunnel.id() != devices.size() || links.size() != devices.size() + 1) {
            throw new IllegalStateException("the tunnel is the last link, behind the devices");
        }
        try {
            engine = newEngine(layout, tunnel, policy);
        } catch (UncheckedIOException refused) {
            throw refused.getCause();
        }
    }

    private Engine newEngine(Layout layout, Link tunnel, Policy policy) {
        EngineSection section = new EngineSection(layout != Layout.ONE);
        LargeFlows largeFlows = new LargeFlows();
        return new Engine(
                layout,
                layout.workers(Runtime.getRuntime().availableProcessors()),
                Clock.MONOTONIC,
                section,
                runner ->
                        new Forwarder(
                                section,
                                largeFlows,
                                wireguard.tunnel(runner),
                                policy,
                                newSocketTransmitter(),
                                newDeviceTransmitters(),
                                tunnel),
                EngineAssembly::newReadySet,
                List.<Receiver>copyOf(devices),
                sockets.receivers(),
                (where, fault) ->
                        log.limited(
                                Log.Level.ERROR,
                                "defect in " + where + ", going on: " + trace(fault)));
    }

    private DatagramTransmitter newSocketTransmitter() {
        return sockets.newTransmitter(
                peer -> wireguard.submit(new DeviceCommand.ForgetSource(peer)));
    }

    private @Nullable PacketTransmitter[] newDeviceTransmitters() {
        @Nullable PacketTransmitter[] transmitters = new PacketTransmitter[devices.size() + 1];
        for (int at = 0; at < devices.size(); at++) {
            transmitters[at] = devices.get(at).newTransmitter();
        }
        return transmitters;
    }

    private static ReadySet newReadySet() {
        try {
            return Linux.openReadySet();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** The first lines of a stack trace, for a log line. */
    private static String trace(Throwable fault) {
        StringBuilder text = new StringBuilder(fault.toString());
        Throwable cause = fault.getCause() == null ? fault : fault.getCause();
        StackTraceElement[] frames = cause.getStackTrace();
        for (int at = 0; at < Math.min(6, frames.length); at++) {
            text.append(" at ").append(frames[at]);
        }
        return text.toString();
    }

    /** Starts engine and handshakes. */
    public void start() {
        Linux.preferHugePages();
        if (threads.awake()) {
            keepCoresAwake();
        }
        engine.start(this::prepareThread);
        wireguard.start(
                engine::submit,
                (datagram, length, to, tos) ->
                        sockets.send(Arrays.copyOf(datagram, length), to, tos));
        try {
            sources = SourceWatch.start(sockets, wireguard);
        } catch (IOException failure) {
            log.warning(
                    "changes of routes go unnoticed until a packet fails: " + failure.getMessage());
        }
    }

    private void keepCoresAwake() {
        int cores = Runtime.getRuntime().availableProcessors();
        int wanted = threads.cores().isEmpty() ? MOST_AWAKE : threads.cores().size();
        try {
            AwakeCores keeper = Linux.keepCoresAwake(Math.min(cores, wanted), threads.cores());
            engine.onActivity(keeper);
            awake = keeper;
        } catch (IOException | IllegalArgumentException refused) {
            log.warning("cores sleep between packets all the same: " + refused.getMessage());
        }
    }

    /** Something that an engine thread is given. */
    @FunctionalInterface
    interface ThreadSetting {
        void apply() throws IOException;
    }

    private void prepareThread() {
        int number = startedThreads.getAndIncrement();
        List<ThreadSetting> wanted = new ArrayList<>();
        if (threads.nice() != null) {
            wanted.add(() -> Linux.setNiceOfThisThread(nice()));
        } else {
            preferThisThread();
        }
        if (!threads.cores().isEmpty()) {
            int core = threads.cores().get(number % threads.cores().size());
            wanted.add(() -> Linux.pinThisThread(core));
        }
        applyEach(wanted, log);
    }

    /** Each of them, also when others are refused: they need other capabilities. */
    static void applyEach(List<ThreadSetting> settings, Log log) {
        for (ThreadSetting setting : settings) {
            try {
                setting.apply();
            } catch (IOException | IllegalArgumentException refused) {
                log.warning("engine thread goes on without a setting: " + refused.getMessage());
            }
        }
    }

    /** The nice value that engine threads are to have. */
    int nice() {
        Integer wanted = threads.nice();
        return wanted != null ? wanted : DEFAULT_NICE;
    }

    private void preferThisThread() {
        try {
            Linux.setNiceOfThisThread(nice());
        } catch (IOException notAllowed) {
            // nobody asked for it
        }
    }

    /** The engine, for commands. */
    public Engine engine() {
        return engine;
    }

    /** The tunnel. */
    public WireGuardDevice wireguard() {
        return wireguard;
    }

    /** The tunnel's sockets. */
    public UdpSockets sockets() {
        return sockets;
    }

    /** The links, by id. */
    public List<Link> links() {
        return links;
    }

    /** What the kernel does for each device and for the sockets, by the names for people. */
    public Map<String, List<Offload>> offloads() {
        Map<String, List<Offload>> all = new LinkedHashMap<>();
        for (TunDevice device : devices) {
            all.put(device.name(), device.offloads());
        }
        all.put("tunnel socket", sockets.offloads());
        return all;
    }

    /** The devices, by link id. */
    public List<TunDevice> devices() {
        return devices;
    }

    /** Packets that have come, from all links; any thread may ask. */
    long receivedPackets() {
        long packets = 0;
        for (Link link : links) {
            packets += engine.traffic(link.id(), LinkCounters.Kind.RECEIVED_PACKETS);
        }
        return packets;
    }

    /** Whether it has been closed, or is about to be; any thread may ask. */
    boolean isClosed() {
        return closed;
    }

    /** Packets dropped for a reason, wherever that happened. */
    public long drops(DropReason reason) {
        return engine.drops(reason) + wireguard.drops(reason);
    }

    /** Stops the engine, then closes tunnel, sockets and devices. */
    @Override
    public void close() {
        closed = true;
        if (sources != null) {
            sources.close();
        }
        try {
            engine.stop();
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
        if (awake != null) {
            awake.close();
        }
        wireguard.close();
        sockets.close();
        devices.forEach(TunDevice::close);
    }
}
