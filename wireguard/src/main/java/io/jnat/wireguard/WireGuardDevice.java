package io.jnat.wireguard;

import io.jnat.core.engine.CommandQueue;
import io.jnat.core.engine.EngineCommand;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.StepRunner;
import io.jnat.core.engine.Tunnel;
import io.jnat.core.packet.Endpoint;
import io.jnat.core.stat.DropCounters;
import io.jnat.core.stat.DropReason;
import io.jnat.core.time.Clock;
import io.jnat.wireguard.crypto.PacketCipher;
import io.jnat.wireguard.crypto.vector.CipherChoice;
import io.jnat.wireguard.crypto.vector.CipherSelection;
import io.jnat.wireguard.crypto.vector.CipherStatus;
import io.jnat.wireguard.noise.StaticKeys;
import io.jnat.wireguard.session.IndexTable;
import io.jnat.wireguard.session.Keypair;
import io.jnat.wireguard.timer.EarliestDeadline;
import io.jnat.wireguard.timer.PeerTimers;
import io.jnat.wireguard.timer.WireGuardTiming;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A WireGuard device: own key, peers, AllowedIPs, and what all engine threads share of them.
 *
 * <p>Each engine thread gets its own {@link #tunnel}. {@link #start} gives the device its way to
 * the engine and to the network, and starts the handshake thread. Changes come by {@link #submit}
 * from any thread.
 */
public final class WireGuardDevice implements AutoCloseable {
    private static final long NEVER_NANOS = Duration.ofDays(2).toNanos();
    private static final EngineCommand LOOK_AT_DEADLINE = nowNanos -> {};

    private final DeviceConfig config;
    private final Link link;
    private final Clock clock;
    private final InstantSource wallClock;
    private final Consumer<DeviceEvent> listener;
    private CipherSelection ciphers;
    private final List<PacketCipher> workerCiphers = new ArrayList<>();
    private final NameLookup names;

    /** For timers, which draw on the packet path: no secret, no lock, no garbage. */
    private final RandomGenerator jitter;

    // Shared with other threads.
    private final IndexTable indices;
    private final HandshakeThread handshakes;
    private final PeerTable peers = new PeerTable();
    private final LateCommandQueue engine = new LateCommandQueue();

    // Owner: engine, in the section.
    private final AllowedIps allowedIps = new AllowedIps();
    private final StagingPool staging;
    private final EarliestDeadline earliest = new EarliestDeadline();
    private final DropCounters drops = new DropCounters();
    private @Nullable StaticKeys ownKeys;
    private @Nullable WireGuardKey ownPublicKey;
    private boolean suspended;
    private final ReadyPeers ready = new ReadyPeers();

    /** Who runs the timers, asleep until {@link #promisedNanos}; null when it was woken since. */
    private @Nullable Thread timerThread;

    private long promisedNanos;

    /**
     * A device that is not yet connected.
     *
     * @param config own settings
     * @param link the tunnel as the engine knows it: its id, and the MTU inside the tunnel
     * @param peers the peers to begin with
     * @param clock the engine's
     * @param wallClock for handshake timestamps and the status report
     * @param listener told by the handshake thread; must return soon
     */
    public WireGuardDevice(
            DeviceConfig config,
            Link link,
            List<PeerConfig> peers,
            Clock clock,
            InstantSource wallClock,
            Consumer<DeviceEvent> listener) {
        this(
                config,
                link,
                peers,
                clock,
                wallClock,
                listener,
                NameLookup.BY_SYSTEM,
                new SecureRandom());
    }

    WireGuardDevice(
            DeviceConfig config,
            Link link,
            List<PeerConfig> peers,
            Clock clock,
            InstantSource wallClock,
            Consumer<DeviceEvent> listener,
            NameLookup names,
            RandomGenerator random) {
        // The private key is replaced and wiped; what it was in the beginning must not stay.
        this.config =
                new DeviceConfig(null, config.copyDscp(), config.stagingBytes(), config.timing());
        this.link = link;
        this.clock = clock;
        this.wallClock = wallClock;
        this.listener = listener;
        handshakes = new HandshakeThread(listener);
        ciphers = new CipherSelection(CipherChoice.ofProperty(), this::onCipherSettled);
        this.names = names;
        jitter = new SplittableRandom(random.nextLong());
        indices = new IndexTable(random);
        staging = new StagingPool(config.stagingBytes());
        long nowNanos = clock.nowNanos();
        becomeOwner(staticKeys(config.privateKey()), nowNanos);
        for (PeerConfig peer : peers) {
            setPeer(peer, nowNanos);
        }
    }

    // --- control plane: any thread ------------------------------------------------------------

    /** Which cipher to use; before the first {@link #tunnel}. */
    public void chooseCipher(CipherChoice choice) {
        ciphers = new CipherSelection(choice, this::onCipherSettled);
    }

    private void onCipherSettled(CipherStatus status) {
        listener.accept(new DeviceEvent.CipherSettled(status.name(), status.reason()));
    }

    /**
     * One engine thread's view, with its own cipher and scratch memory.
     *
     * @param runner how the cipher's work is done; its workers have ciphers of their own, the same
     *     for all views
     */
    public Tunnel tunnel(StepRunner runner) {
        PacketCipher[] all = new PacketCipher[1 + runner.workers()];
        all[0] = ciphers.newCipher();
        for (int worker = 1; worker < all.length; worker++) {
            if (workerCiphers.size() < worker) {
                workerCiphers.add(ciphers.newCipher());
            }
            all[worker] = workerCiphers.get(worker - 1);
        }
        return new ThreadTunnel(this, runner, all);
    }

    /** Connects the device and starts the handshake thread. */
    public void start(CommandQueue commands, DatagramSender sender) {
        connect(commands, sender);
        handshakes.start();
    }

    /**
     * Begins to compile the vector kernels, once: seconds of processor time, so not before what
     * somebody waits for. Plain arithmetic works meanwhile, or what was asked for instead.
     */
    public void trainCipher() {
        ciphers.start();
    }

    /** Connects the device; the caller turns the worker. */
    HandshakeWorker connect(CommandQueue commands, DatagramSender sender) {
        engine.connect(commands);
        HandshakeWorker connected =
                new HandshakeWorker(
                        this,
                        handshakes.messages(),
                        handshakes.requests(),
                        clock,
                        wallClock,
                        sender,
                        listener);
        handshakes.use(connected);
        return connected;
    }

    /** Queues a change; it takes effect between two bursts. */
    public void submit(DeviceCommand command) {
        submitToEngine(effect(command));
    }

    /** What a command does, in the section. */
    private EngineCommand effect(DeviceCommand command) {
        return switch (command) {
            case DeviceCommand.SetPrivateKey change -> {
                StaticKeys keys = staticKeys(change.privateKey());
                yield nowNanos -> becomeOwner(keys, nowNanos);
            }
            case DeviceCommand.SetPeer change -> nowNanos -> setPeer(change.peer(), nowNanos);
            case DeviceCommand.RemovePeer change -> nowNanos -> removePeer(change.publicKey());
            case DeviceCommand.ReplacePeers change ->
                    nowNanos -> replacePeers(change.peers(), nowNanos);
            case DeviceCommand.MoveEndpoint change ->
                    nowNanos ->
                            ifKnown(
                                    peer(change.publicKey()),
                                    peer -> peer.configureEndpoint(change.endpoint(), nowNanos));
            case DeviceCommand.ForgetSource change ->
                    nowNanos -> ifKnown(peer(change.peer()), peer -> peer.place().forgetSource());
            case DeviceCommand.ForgetSources() ->
                    nowNanos -> forEachPeer(peer -> peer.place().forgetSource());
            case DeviceCommand.JudgeSource change ->
                    nowNanos ->
                            ifKnown(
                                    peer(change.peer()),
                                    peer ->
                                            peer.place()
                                                    .judgeSource(
                                                            change.path(),
                                                            change.leavesAsItCame()));
            case DeviceCommand.NetworkChanged() ->
                    nowNanos -> forEachPeer(peer -> peer.onNetworkChanged(nowNanos));
            case DeviceCommand.Suspend() ->
                    nowNanos -> {
                        suspended = true;
                        forEachPeer(Peer::suspend);
                    };
            case DeviceCommand.Resume() ->
                    nowNanos -> {
                        suspended = false;
                        forEachPeer(peer -> peer.resume(nowNanos));
                    };
        };
    }

    private static void ifKnown(@Nullable Peer peer, Consumer<Peer> action) {
        if (peer != null) {
            action.accept(peer);
        }
    }

    /** The number by which packets name a peer; -1 when there is no such peer. */
    public int peerIndex(WireGuardKey publicKey) {
        Peer peer = peers.get(publicKey);
        return peer == null ? -1 : peer.index();
    }

    /** A peer's preshared key, for whoever may show it; null when there is none. */
    public @Nullable WireGuardKey presharedKey(WireGuardKey publicKey) {
        Peer peer = peers.get(publicKey);
        return peer == null ? null : peer.presharedKey().show();
    }

    /** All peers as they are now. */
    public List<PeerStatus> status() {
        long nowNanos = clock.nowNanos();
        List<PeerStatus> all = new ArrayList<>();
        forEachPeer(peer -> all.add(PeerStatus.of(peer, nowNanos)));
        return all;
    }

    /** What handshakes, waiting packets and the tunnel's own timers dropped, by reason. */
    public long drops(DropReason reason) {
        return drops.get(reason) + handshakes.drops(reason);
    }

    /**
     * By number of the peer, for all that are spoken to from a remembered source address: where
     * they are and that source. Completes between two bursts.
     */
    public CompletableFuture<Map<Integer, Endpoint>> paths() {
        CompletableFuture<Map<Integer, Endpoint>> answer = new CompletableFuture<>();
        submitToEngine(nowNanos -> {
            Map<Integer, Endpoint> paths = new HashMap<>();
            forEachPeer(peer -> {
                Endpoint path = peer.place().path();
                if (path.isSet() && path.hasLocal()) {
                    paths.put(peer.index(), path);
                }
            });
            answer.complete(paths);
        });
        return answer;
    }

    /** Which cipher is in use, and why. */
    public CipherStatus cipherStatus() {
        return ciphers.status();
    }

    /** Stops the handshake thread, wipes all keys and frees the memory; after the engine ended. */
    @Override
    public void close() {
        handshakes.stop();
        forEachPeer(peer -> {
            peer.remove();
            peer.handshake().wipe(indices);
        });
        handshakes.wipe();
        indices.wipe();
        if (ownKeys != null) {
            ownKeys.wipe();
        }
        staging.release();
    }

    private static @Nullable StaticKeys staticKeys(@Nullable WireGuardKey privateKey) {
        if (privateKey == null) {
            return null;
        }
        byte[] bytes = privateKey.toBytes();
        StaticKeys keys = new StaticKeys(bytes);
        Arrays.fill(bytes, (byte) 0);
        return keys;
    }

    // --- engine, in the section ---------------------------------------------------------------

    private void becomeOwner(@Nullable StaticKeys keys, long nowNanos) {
        WireGuardKey own = keys == null ? null : WireGuardKey.of(keys.publicKey());
        ownKeys = keys;
        ownPublicKey = own;
        ask(new WorkerRequest.BecomeIdentity(keys));
        Peer self = own == null ? null : peers.get(own);
        if (self != null) {
            tell(new DeviceEvent.PeerIsSelf(self.name()));
            removePeer(self.config().publicKey());
        }
        forEachPeer(peer -> peer.onOwnKeyChanged(nowNanos));
    }

    private void setPeer(PeerConfig wanted, long nowNanos) {
        if (wanted.publicKey().equals(ownPublicKey)) {
            tell(new DeviceEvent.PeerIsSelf(wanted.name()));
            return;
        }
        Peer peer = peers.get(wanted.publicKey());
        if (peer == null) {
            peer =
                    peers.add(
                            wanted.publicKey(),
                            index ->
                                    new Peer(
                                            this,
                                            index,
                                            wanted,
                                            new PeerTimers(config.timing(), jitter, earliest)));
            peer.configure(wanted, nowNanos);
            peer.startPersistentKeepalive(nowNanos);
        } else {
            PeerConfig before = peer.config();
            peer.configure(wanted, nowNanos);
            if (wanted.domain() == before.domain()
                    && wanted.allowedIps().equals(before.allowedIps())) {
                return; // it has them; there may be a hundred thousand
            }
            allowedIps.removeAll(peer.index());
        }
        giveAllowedIps(peer, wanted);
    }

    private void giveAllowedIps(Peer peer, PeerConfig wanted) {
        Map<Peer, Set<AllowedIp>> moved = new HashMap<>();
        for (AllowedIp prefix : wanted.allowedIps()) {
            int before = allowedIps.put(wanted.domain(), prefix, peer.index());
            Peer loser = before == AllowedIps.NONE || before == peer.index() ? null : peer(before);
            if (loser != null) {
                moved.computeIfAbsent(loser, none -> new LinkedHashSet<>()).add(prefix);
            }
        }
        moved.forEach((loser, prefixes) -> {
            loser.lose(prefixes);
            tell(
                    new DeviceEvent.PrefixMoved(
                            prefixes.iterator().next(),
                            prefixes.size() - 1,
                            loser.name(),
                            peer.name()));
        });
    }

    private void removePeer(WireGuardKey publicKey) {
        Peer peer = peers.remove(publicKey);
        if (peer != null) {
            allowedIps.removeAll(peer.index());
            peer.remove();
        }
    }

    private void replacePeers(List<PeerConfig> wanted, long nowNanos) {
        List<WireGuardKey> gone = peers.keys();
        for (PeerConfig stays : wanted) {
            gone.remove(stays.publicKey());
        }
        gone.forEach(this::removePeer);
        for (PeerConfig peer : wanted) {
            setPeer(peer, nowNanos);
        }
    }

    /**
     * Takes in a session that the handshake thread has derived, unless the peer, or the own key
     * that it was derived with, is gone meanwhile.
     */
    void onSessionDerived(Peer peer, Keypair keypair, Endpoint from, long nowNanos) {
        if (peer.isRemoved() || !isOfOwnKeys(keypair)) {
            indices.remove(keypair);
            keypair.sendKey().destroy();
            keypair.receiveKey().destroy();
            return;
        }
        peer.onSessionDerived(keypair, from, nowNanos);
        tell(new DeviceEvent.SessionEstablished(peer.name(), keypair.initiator()));
    }

    /** Whether a session was derived with the own key of now, and not with one before it. */
    boolean isOfOwnKeys(Keypair keypair) {
        return keypair.ownKeys() == ownKeys;
    }

    /** Runs all peers' due timers. */
    void runTimers(long nowNanos) {
        if (!earliest.isDue(nowNanos)) {
            return;
        }
        earliest.clear();
        for (Peer peer : peers.all()) {
            if (peer != null) {
                peer.runTimers(nowNanos);
                peer.timers().reportDeadlines();
            }
        }
    }

    /** When there is something to do next; the thread that asks is the one that does it. */
    long nextDeadlineNanos(long nowNanos) {
        timerThread = Thread.currentThread();
        promisedNanos = !ready.isEmpty() ? nowNanos : earliest.orElse(nowNanos + NEVER_NANOS);
        return promisedNanos;
    }

    /** Wakes the thread that runs the timers when another one has given it something to do. */
    void wakeForDeadline() {
        Thread runsTimers = timerThread;
        if (runsTimers == null || Thread.currentThread() == runsTimers) {
            return;
        }
        if (!ready.isEmpty() || earliest.orElse(promisedNanos) - promisedNanos < 0) {
            timerThread = null; // until it asks again, once is enough
            submitToEngine(LOOK_AT_DEADLINE);
        }
    }

    ReadyPeers ready() {
        return ready;
    }

    /** Whether nothing may be begun now; see {@link DeviceCommand.Suspend}. */
    boolean isSuspended() {
        return suspended;
    }

    AllowedIps allowedIps() {
        return allowedIps;
    }

    StagingPool staging() {
        return staging;
    }

    DropCounters drops() {
        return drops;
    }

    // --- shared -------------------------------------------------------------------------------

    IndexTable indices() {
        return indices;
    }

    WireGuardTiming timing() {
        return config.timing();
    }

    int mtu() {
        return link.deviceMtu();
    }

    int linkId() {
        return link.id();
    }

    boolean copiesDscp() {
        return config.copyDscp();
    }

    @Nullable Peer peer(int index) {
        return peers.get(index);
    }

    @Nullable Peer peer(WireGuardKey publicKey) {
        return peers.get(publicKey);
    }

    void forEachPeer(Consumer<Peer> action) {
        peers.forEach(action);
    }

    HandshakeThread handshakes() {
        return handshakes;
    }

    /** Asks something of the handshake thread. */
    void ask(WorkerRequest request) {
        handshakes.ask(request);
    }

    /** Tells the listener, by the handshake thread. */
    void tell(DeviceEvent event) {
        ask(new WorkerRequest.Tell(event));
    }

    /** Gives the engine a command; what comes before {@link #start} waits for it. */
    void submitToEngine(EngineCommand command) {
        engine.submit(command);
    }

    /** Looks a name up, on a thread of its own, and gives the result to the engine. */
    void lookUp(Peer peer, String host) {
        names.lookUp(
                host,
                (List<InetAddress> found) ->
                        submitToEngine(nowNanos -> peer.onLookedUp(host, found, nowNanos)));
    }
}
