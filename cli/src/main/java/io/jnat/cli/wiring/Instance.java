package io.jnat.cli.wiring;

import io.jnat.cli.config.EngineConfig;
import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.RouterConfig;
import io.jnat.cli.control.ControlServer;
import io.jnat.cli.control.Directories;
import io.jnat.cli.steering.CommandRunner;
import io.jnat.cli.steering.Steering;
import io.jnat.cli.wg.ReadOnlyDevice;
import io.jnat.cli.wg.UapiServer;
import io.jnat.cli.why.WhyOperation;
import io.jnat.core.engine.Layout;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import io.jnat.core.time.Clock;
import io.jnat.nat.NatCapacity;
import io.jnat.nat.NatCommand;
import io.jnat.nat.NatConfig;
import io.jnat.nat.NatPolicy;
import io.jnat.nat.RuleSet;
import io.jnat.tun.SocketOptions;
import io.jnat.tun.TunDevice;
import io.jnat.tun.TunOptions;
import io.jnat.tun.UdpSockets;
import io.jnat.tun.linux.Linux;
import io.jnat.wireguard.DeviceCommand;
import io.jnat.wireguard.DeviceConfig;
import io.jnat.wireguard.WireGuardDevice;
import io.jnat.wireguard.WireGuardKey;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A running relay or router. {@link #start} goes through these steps, and {@link #stop} back:
 *
 * <ol>
 *   <li>steering closes what must be closed while there is no engine;
 *   <li>TUN devices and sockets are opened;
 *   <li>the rules are applied, the flows of before restored, and the engine starts;
 *   <li>steering leads packets into the TUN devices;
 *   <li>the control socket answers.
 * </ol>
 */
public final class Instance {
    private static final int ETHERNET_MTU = 1500;
    private static final long REFRESH_SECONDS = 10;
    private static final long REMEMBER_MILLIS = 250;
    private static final long KEEP_MILLIS = 500;
    private static final long COMMAND_SECONDS = 5;

    private final Path file;
    private final Log log;
    private final long startedNanos = Clock.MONOTONIC.nowNanos();
    private final Deque<Undo> undo = new ArrayDeque<>();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final RememberedPeers remembered;
    private final FlowStore flows;
    private String publicKey = "";
    private boolean ready;
    private volatile JnatConfig config;
    private volatile RoleWiring role;
    private volatile @Nullable EngineAssembly assembly;
    private volatile @Nullable NatPolicy policy;
    private volatile @Nullable Reload reload;

    /** One step back. */
    @FunctionalInterface
    private interface Undo {
        void run() throws IOException;
    }

    /**
     * An instance that does not run yet.
     *
     * @param file what the configuration was read from, and will be read from again
     */
    public Instance(JnatConfig config, Path file, Log log) {
        this.config = config;
        this.file = file;
        this.log = log;
        remembered =
                new RememberedPeers(
                        Directories.state().resolve(config.instance().name() + ".peers"),
                        log,
                        Clock.MONOTONIC);
        flows =
                new FlowStore(
                        Directories.state().resolve(config.instance().name() + ".flows"),
                        log,
                        Clock.MONOTONIC);
        role = roleOf(config);
    }

    static RoleWiring roleOf(JnatConfig config) {
        return switch (config) {
            case RelayConfig relay -> new RelayWiring(relay);
            case RouterConfig router -> new RouterWiring(router);
        };
    }

    /**
     * Starts everything; when a step fails, those before it are taken back, but for a router's
     * guards.
     *
     * @throws IOException naming what failed and what to do
     */
    public void start() throws IOException {
        try {
            startSteps();
        } catch (IOException | RuntimeException failure) {
            takeBack();
            throw failure;
        }
    }

    private void startSteps() throws IOException {
        Thread rehearsal = Rehearsal.start(true, log);
        Steering steering =
                Steering.open(
                        config, CommandRunner.here(), Directories.state(), Directories.runtime());
        undo.push(steering::close);
        undo.push(() -> takeBackSteering(steering));
        steering.guard();
        EngineAssembly started = openEngine();
        undo.push(started::close);
        new NatCommand.ApplyRules(requirePolicy(), rulesOfNow(steering), new CompletableFuture<>())
                .apply(Clock.MONOTONIC.nowNanos());
        flows.restore(requirePolicy());
        started.start();
        Thread memory =
                Thread.ofPlatform().daemon().name("peers").start(() -> rememberPeers(started));
        undo.push(() -> join(memory));
        Thread store = Thread.ofPlatform().daemon().name("flows").start(() -> keepFlows(started));
        undo.push(() -> join(store));
        // Calls every peer whose place is known, remembered ones included.
        started.wireguard().submit(new DeviceCommand.NetworkChanged());
        steering.apply(started.sockets().port());
        steering.warnings().forEach(log::warning);
        Reload again = new Reload(this, steering);
        WhyOperation why =
                new WhyOperation(
                        this::config,
                        started.engine(),
                        started.links(),
                        started.wireguard(),
                        requirePolicy());
        undo.push(why::close);
        Operations operations = new Operations(this, started, requirePolicy(), again, why);
        ControlServer control =
                new ControlServer(
                        Directories.controlSocket(config.instance().name()), operations.all());
        undo.push(control::close);
        showToWg(started);
        Thread housekeeping =
                Thread.ofPlatform()
                        .daemon()
                        .name("housekeeping")
                        .start(() -> follow(steering, operations));
        undo.push(() -> join(housekeeping));
        Rehearsal.thenTrain(rehearsal, started.wireguard());
        log.info(
                role.name()
                        + " "
                        + config.instance().name()
                        + " is ready: tunnel on UDP port "
                        + started.sockets().port()
                        + ", layout "
                        + started.engine().layout().label());
        reload = again;
        ready = true;
    }

    /**
     * Reads the configuration again; what came of it is logged. Before the start ended: nothing.
     */
    public void reload() {
        Reload again = reload;
        if (again != null) {
            again.run();
        }
    }

    /** A start that fails, over and over perhaps, is no reason to let anything leak. */
    private void takeBackSteering(Steering steering) throws IOException {
        if (ready) {
            steering.undo();
        } else if (steering.retreat()) {
            log.warning(
                    "what must not leave by "
                            + config.wan()
                            + " stays blocked; start again, or lift it with: jnat service cleanup"
                            + " --name "
                            + config.instance().name());
        }
    }

    /** Lets {@code wg show} look at the tunnel; jnat runs without it where that can't be had. */
    private void showToWg(EngineAssembly started) {
        try {
            UapiServer shown =
                    UapiServer.listen(
                            UapiServer.DIRECTORY,
                            config.instance().tun(),
                            Duration.ZERO,
                            new ReadOnlyDevice(
                                    started.wireguard(),
                                    WireGuardKeys.read(config.instance().tunnel().privateKeyFile()),
                                    () -> started.sockets().port()),
                            refused ->
                                    log.limited(
                                            Log.Level.WARNING, "wg: change refused: " + refused));
            shown.start();
            undo.push(shown::close);
        } catch (IOException failure) {
            log.warning("wg show will not see the tunnel: " + failure.getMessage());
        }
    }

    private EngineAssembly openEngine() throws IOException {
        boolean offload = config.instance().engine().offload() == EngineConfig.Offload.AUTO;
        UdpSockets sockets =
                Linux.openSockets(
                        new SocketOptions(config.instance().tunnel().listen(), 0, offload));
        Deque<AutoCloseable> opened = new ArrayDeque<>(List.of(sockets));
        try {
            List<Link> links = new ArrayList<>();
            List<TunDevice> devices = new ArrayList<>();
            if (role.hasLan()) {
                openDevice(Steering.lanDevice(config), Zone.LAN, offload, links, devices, opened);
            }
            if (Steering.needsWanDevice(config)) {
                openDevice(Steering.wanDevice(config), Zone.WAN, offload, links, devices, opened);
            }
            Link tunnel = new Link(links.size(), "tunnel", Zone.TUNNEL, config.instance().mtu());
            links.add(tunnel);
            WireGuardKey privateKey =
                    WireGuardKeys.read(config.instance().tunnel().privateKeyFile());
            publicKey = privateKey.publicKey().base64();
            WireGuardDevice wireguard =
                    new WireGuardDevice(
                            DeviceConfig.standard(privateKey),
                            tunnel,
                            remembered.addTo(role.peers()),
                            Clock.MONOTONIC,
                            InstantSource.system(),
                            new WireGuardEventLog(log));
            NatPolicy nat =
                    new NatPolicy(
                            NatCapacity.of(
                                    config.instance().engine().flows(),
                                    new SecureRandom().nextLong()),
                            peer -> true);
            EngineAssembly made =
                    new EngineAssembly(
                            layout(),
                            new EngineAssembly.ThreadSettings(
                                    nice(), config.instance().engine().cpus()),
                            links,
                            tunnel,
                            devices,
                            sockets,
                            wireguard,
                            nat,
                            log);
            policy = nat;
            assembly = made;
            return made;
        } catch (IOException | RuntimeException failure) {
            if (assembly == null) {
                for (AutoCloseable each : opened) {
                    closeQuietly(each);
                }
            }
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
        TunDevice device = Linux.openTun(new TunOptions(name, ETHERNET_MTU, offload), links.size());
        opened.push(device);
        devices.add(device);
        links.add(new Link(links.size(), device.name(), zone, ETHERNET_MTU));
    }

    private Layout layout() {
        return switch (config.instance().engine().layout()) {
            case AUTO -> Layout.forCores(Runtime.getRuntime().availableProcessors());
            case ONE -> Layout.ONE;
            case TWO -> Layout.TWO;
            case FOUR -> Layout.MORE;
        };
    }

    private @Nullable Integer nice() {
        return config.instance().engine().nice().isPresent()
                ? (Integer) config.instance().engine().nice().getAsInt()
                : null;
    }

    private static void closeQuietly(AutoCloseable each) {
        try {
            each.close();
        } catch (Exception alreadyFailing) {
            // the first failure is the one to report
        }
    }

    /**
     * Compiles the rules for the addresses and ports of now, and waits until the engine has them.
     */
    void applyRules(Steering steering) throws IOException {
        CompletableFuture<Void> done = new CompletableFuture<>();
        requireAssembly()
                .engine()
                .submit(new NatCommand.ApplyRules(requirePolicy(), rulesOfNow(steering), done));
        await(done);
    }

    private RuleSet rulesOfNow(Steering steering) throws IOException {
        EngineAssembly running = requireAssembly();
        NatConfig rules =
                role.rules(
                        running.links(),
                        running.wireguard(),
                        steering.wanAddresses(),
                        steering.ports());
        return RuleSet.compile(rules);
    }

    /**
     * Waits for the engine's answer to a command.
     *
     * @throws IOException when it does not come within 5 s
     */
    static <T> T await(CompletableFuture<T> answer) throws IOException {
        try {
            return answer.get(COMMAND_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the engine worked", interrupted);
        } catch (ExecutionException | TimeoutException failure) {
            throw new IOException("the engine did not answer; see the log for a defect", failure);
        }
    }

    /** Follows changes of the host until the instance stops. */
    private void follow(Steering steering, Operations operations) {
        InterfaceAddresses addresses = InterfaceAddresses.now(config);
        int seconds = 0;
        try {
            while (!stopping.await(1, TimeUnit.SECONDS)) {
                addresses = followHost(steering, addresses, ++seconds);
                for (String attack : operations.lookForAttacks()) {
                    log.limited(Log.Level.WARNING, attack);
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Writes down where the peers are, from the first handshake on, and once more at the stop: a
     * place that is a second old may be gone.
     */
    private void rememberPeers(EngineAssembly running) {
        try {
            boolean stop = false;
            while (!stop) {
                stop = stopping.await(REMEMBER_MILLIS, TimeUnit.MILLISECONDS);
                remembered.remember(running.wireguard().status());
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** Writes down the flows that have changed, and all of them at the stop. */
    private void keepFlows(EngineAssembly running) {
        try {
            while (!stopping.await(KEEP_MILLIS, TimeUnit.MILLISECONDS)) {
                flows.round(running.engine()::submit, requirePolicy());
            }
            flows.finish(running.engine()::submit, requirePolicy());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private InterfaceAddresses followHost(
            Steering steering, InterfaceAddresses before, int seconds) {
        InterfaceAddresses now = InterfaceAddresses.now(config);
        if (!now.wan().equals(before.wan())) {
            log.info(config.wan() + " now has " + now.wan() + ", before " + before.wan());
            requireAssembly().wireguard().submit(new DeviceCommand.NetworkChanged());
        }
        boolean moved = !now.equals(before);
        if (moved || seconds % REFRESH_SECONDS == 0) {
            // What could not be followed is tried again: the rules still have the old addresses.
            return refresh(steering, moved) ? now : before;
        }
        return now;
    }

    private synchronized boolean refresh(Steering steering, boolean addressesMoved) {
        try {
            boolean portsMoved = steering.refresh();
            if (portsMoved || addressesMoved) {
                applyRules(steering);
            }
            return true;
        } catch (IOException | RuntimeException failure) {
            log.limited(
                    Log.Level.WARNING,
                    "a change of this host could not be followed: " + failure.getMessage());
            return false;
        }
    }

    /** Takes everything back; returns when it is done. */
    public void stop() {
        log.info(role.name() + " " + config.instance().name() + " stops");
        takeBack();
    }

    private void takeBack() {
        stopping.countDown();
        while (!undo.isEmpty()) {
            try {
                undo.pop().run();
            } catch (IOException | RuntimeException failure) {
                log.error("while stopping: " + failure.getMessage());
            }
        }
    }

    private static void join(Thread thread) throws IOException {
        try {
            thread.join(TimeUnit.SECONDS.toMillis(COMMAND_SECONDS));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", interrupted);
        }
    }

    EngineAssembly requireAssembly() {
        EngineAssembly running = assembly;
        if (running == null) {
            throw new IllegalStateException("the engine is not there yet");
        }
        return running;
    }

    private NatPolicy requirePolicy() {
        NatPolicy running = policy;
        if (running == null) {
            throw new IllegalStateException("the policy is not there yet");
        }
        return running;
    }

    JnatConfig config() {
        return config;
    }

    /** Takes over a configuration that a {@link Reload} has found to fit. */
    void become(JnatConfig wanted, RoleWiring wantedRole) {
        config = wanted;
        role = wantedRole;
    }

    Path file() {
        return file;
    }

    Log log() {
        return log;
    }

    RoleWiring role() {
        return role;
    }

    /** Why flows are not written down at the moment; empty while they are. */
    String flowsTrouble() {
        return flows.trouble();
    }

    /** The own public key, in base64. */
    String publicKey() {
        return publicKey;
    }

    long uptimeSeconds() {
        return TimeUnit.NANOSECONDS.toSeconds(Clock.MONOTONIC.nowNanos() - startedNanos);
    }
}
