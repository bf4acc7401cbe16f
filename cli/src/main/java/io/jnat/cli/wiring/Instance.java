package io.jnat.cli.wiring;

import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.RouterConfig;
import io.jnat.cli.control.ControlServer;
import io.jnat.cli.control.Directories;
import io.jnat.cli.engine.EngineAssembly;
import io.jnat.cli.engine.Log;
import io.jnat.cli.engine.WarmUp;
import io.jnat.cli.engine.WireGuardEventLog;
import io.jnat.cli.steering.CommandRunner;
import io.jnat.cli.steering.Steering;
import io.jnat.cli.wg.ReadOnlyDevice;
import io.jnat.cli.wg.UapiServer;
import io.jnat.cli.why.WhyOperation;
import io.jnat.core.time.Clock;
import io.jnat.nat.NatCommand;
import io.jnat.nat.NatPolicy;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.RuleSet;
import io.jnat.tun.linux.Linux;
import io.jnat.wireguard.DeviceCommand;
import io.jnat.wireguard.DeviceEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
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
    private static final long COMMAND_SECONDS = 5;

    /** Enough to let packets pass, and not so much that a change of the host waits for long. */
    private static final int BACKGROUND_NICE = 10;

    private final Path file;
    private final Log log;
    private final long startedNanos = Clock.MONOTONIC.nowNanos();
    private final Deque<Undo> undo = new ArrayDeque<>();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final WireGuardEventLog tunnelLog;
    private final RememberedPeers remembered;
    private final FlowStore flows;
    private boolean ready;

    /** The rules do not fit the host, or the configuration, as it is. Guarded by this. */
    private boolean behind;

    /** Guarded by this. */
    private List<String> told = List.of();

    /** What of the host keeps packets from passing. */
    private volatile List<String> hostProblems = List.of();

    private volatile JnatConfig config;
    private volatile RoleWiring role;
    private volatile @Nullable NatEngine engine;
    private volatile @Nullable Reload reload;
    private volatile @Nullable PathMtu pathMtu;

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
        tunnelLog = new WireGuardEventLog(log);
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
        Linux.takeUnusedPagesBack();
        InterfaceAddresses addresses = InterfaceAddresses.now(config);
        Steering steering = openSteering();
        steering.guard();
        NatEngine opened = openEngine();
        EngineAssembly started = opened.assembly();
        startEngine(opened, steering);
        steering.apply(started.sockets().port());
        tellOf(steering);
        Reload again = new Reload(this, steering);
        WhyOperation why = answerWhy(opened);
        measurePathsWith(why, started);
        Operations operations = new Operations(this, started, opened.policy(), again, why);
        answer(operations);
        showToWg(started);
        HostWatch host = new HostWatch(this, steering, addresses);
        startThread("housekeeping", () -> host.keep(stopping, operations));
        WarmUp.start(true, started, log);
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

    private Steering openSteering() throws IOException {
        Steering steering =
                Steering.open(
                        config, CommandRunner.here(), Directories.state(), Directories.runtime());
        undo.push(steering::close);
        undo.push(() -> takeBackSteering(steering));
        return steering;
    }

    private NatEngine openEngine() throws IOException {
        NatEngine opened =
                NatEngine.open(
                        config,
                        role.hasLan(),
                        remembered.addTo(role.peers()),
                        this::onTunnelEvent,
                        log);
        engine = opened;
        undo.push(opened.assembly()::close);
        return opened;
    }

    private void startEngine(NatEngine opened, Steering steering) throws IOException {
        EngineAssembly started = opened.assembly();
        NatPolicy policy = opened.policy();
        new NatCommand.ApplyRules(policy, rulesOfNow(steering), new CompletableFuture<>())
                .apply(Clock.MONOTONIC.nowNanos());
        flows.restore(policy);
        started.start();
        startThread("peers", () -> remembered.keep(stopping, started.wireguard()));
        startThread("flows", () -> flows.keep(stopping, started.engine()::submit, policy));
        // Calls every peer whose place is known, remembered ones included.
        started.wireguard().submit(new DeviceCommand.NetworkChanged());
    }

    private WhyOperation answerWhy(NatEngine opened) {
        EngineAssembly started = opened.assembly();
        WhyOperation why =
                new WhyOperation(
                        this::config,
                        started.engine(),
                        started.links(),
                        started.wireguard(),
                        opened.policy());
        undo.push(why::close);
        return why;
    }

    /** What {@code jnat why} asks the other ends with measures what the paths to them carry. */
    private void measurePathsWith(WhyOperation why, EngineAssembly started) {
        PathMtu path =
                new PathMtu(
                        started.links().getLast(),
                        () -> PathMtu.Other.of(started.wireguard()),
                        why.others()::probe,
                        log,
                        Clock.MONOTONIC);
        why.others().onEcho(path::onEcho);
        pathMtu = path;
        startThread("path-mtu", () -> path.keep(stopping));
    }

    private void answer(Operations operations) throws IOException {
        ControlServer control =
                new ControlServer(
                        Directories.controlSocket(config.instance().name()), operations.all());
        undo.push(control::close);
    }

    private void onTunnelEvent(DeviceEvent event) {
        if (event instanceof DeviceEvent.SessionEstablished) {
            wakeThreads();
        }
        tunnelLog.accept(event);
    }

    /** The network that this host is in is another one. */
    void measurePaths() {
        PathMtu path = pathMtu;
        if (path != null) {
            path.measureAgain();
        }
    }

    private void wakeThreads() {
        remembered.wake();
        PathMtu path = pathMtu;
        if (path != null) {
            path.wake();
        }
    }

    /** Starts what runs until the instance stops, and may wait when packets want the processor. */
    private void startThread(String name, Runnable task) {
        Thread thread =
                Thread.ofPlatform()
                        .daemon()
                        .name(name)
                        .start(() -> {
                            yieldToPackets();
                            task.run();
                        });
        undo.push(() -> join(thread));
    }

    /** Also for the programs that this thread calls. */
    private void yieldToPackets() {
        try {
            Linux.setNiceOfThisThread(BACKGROUND_NICE);
        } catch (IOException refused) {
            log.info("a thread in the background keeps its priority: " + refused.getMessage());
        }
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

    /**
     * Compiles the rules for the addresses and ports of now, and waits until the engine has them.
     */
    void applyRules(Steering steering) throws IOException {
        CompletableFuture<Void> done = new CompletableFuture<>();
        NatEngine running = requireEngine();
        running.assembly()
                .engine()
                .submit(new NatCommand.ApplyRules(running.policy(), rulesOfNow(steering), done));
        await(done);
    }

    /** Logs what of the host is in jnat's way, as far as it was not in its way the last time. */
    synchronized void tellOf(Steering steering) {
        List<String> warnings = steering.warnings();
        hostProblems = steering.problems();
        warnings.stream()
                .filter(warning -> !told.contains(warning))
                .forEach(warning -> log.limited(Log.Level.WARNING, warning));
        told = List.copyOf(warnings);
    }

    List<String> hostProblems() {
        return hostProblems;
    }

    private RuleSet rulesOfNow(Steering steering) throws IOException {
        EngineAssembly running = requireAssembly();
        InterfaceAddresses.now(config).limit(running.links());
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

    /** Takes everything back; returns when it is done. */
    public void stop() {
        log.info(role.name() + " " + config.instance().name() + " stops");
        takeBack();
    }

    private void takeBack() {
        // A reload that is at work ends first, and the next one does nothing: neither may change
        // the host while, or after, all that is taken back.
        synchronized (this) {
            stopping.countDown();
        }
        wakeThreads();
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
        return requireEngine().assembly();
    }

    private NatEngine requireEngine() {
        NatEngine running = engine;
        if (running == null) {
            throw new IllegalStateException("the engine is not there yet");
        }
        return running;
    }

    synchronized boolean isBehind() {
        return behind;
    }

    synchronized void behind(boolean isBehind) {
        behind = isBehind;
    }

    /** For who changes something of a running instance, and holds its lock. */
    boolean isStopping() {
        return stopping.getCount() == 0;
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
        return requireEngine().publicKey();
    }

    long uptimeSeconds() {
        return TimeUnit.NANOSECONDS.toSeconds(Clock.MONOTONIC.nowNanos() - startedNanos);
    }
}
