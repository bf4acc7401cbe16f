package io.jnat.wireguard;

import io.jnat.core.packet.Endpoint;
import io.jnat.core.stat.DropReason;
import io.jnat.wireguard.message.HandshakeInitiation;
import io.jnat.wireguard.message.HandshakeResponse;
import io.jnat.wireguard.session.Keypair;
import io.jnat.wireguard.session.PeerSessions;
import io.jnat.wireguard.timer.PeerTimers;
import io.jnat.wireguard.timer.WireGuardTiming;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One peer: its sessions, its endpoint, its timers and what waits for a session.
 *
 * <p>Owner: engine, in the section, but for {@link #handshake} (the handshake thread) and what is
 * volatile or final.
 */
final class Peer {
    private static final long LOOP_TOLD_NANOS = 30_000_000_000L;

    private final WireGuardDevice device;
    private final int index;
    private final byte[] publicKey;
    private final PeerHandshake handshake;
    private final PeerSessions sessions;
    private final PeerTimers timers;
    private final PeerCounters counters = new PeerCounters();
    private final AtomicLongArray failures = new AtomicLongArray(HandshakeFailure.values().length);
    private final PeerPlace place = new PeerPlace(counters);
    private final StagedPackets staged;

    /** Without the preshared key. */
    private volatile PeerConfig config;

    private final PresharedKey presharedKey = new PresharedKey();
    private volatile boolean removed;

    /** Why no initiation leaves; null when they do. Writer: the handshake thread. */
    private volatile @Nullable String obstacle;

    /** What is asked of the handshake thread and not taken up by it; null for nothing. */
    private final AtomicReference<WorkerRequest.@Nullable Initiate> asked = new AtomicReference<>();

    private boolean keepaliveWanted;

    /**
     * Whether an initiation to where it is thought to be was in vain, and none has worked since.
     */
    private boolean unanswered;

    private boolean loopTold;
    private long loopToldNanos;

    /** Whether it is in the device's list of those that have something to send, and who is next. */
    private boolean ready;

    private @Nullable Peer nextReady;

    Peer(WireGuardDevice device, int index, PeerConfig config, PeerTimers timers) {
        this.device = device;
        this.index = index;
        this.config = config.withoutPresharedKey();
        this.timers = timers;
        publicKey = config.publicKey().toBytes();
        // Before anybody can find the peer: a handshake without the key would count.
        presharedKey.replace(config.presharedKey());
        handshake = new PeerHandshake(publicKey);
        sessions = new PeerSessions(device.indices());
        staged = new StagedPackets(device.staging(), device.drops(), counters);
    }

    // --- any thread ---------------------------------------------------------------------------

    int index() {
        return index;
    }

    byte[] publicKey() {
        return publicKey;
    }

    PresharedKey presharedKey() {
        return presharedKey;
    }

    String name() {
        return config.name();
    }

    PeerConfig config() {
        return config;
    }

    int domain() {
        return config.domain();
    }

    boolean isRemoved() {
        return removed;
    }

    PeerHandshake handshake() {
        return handshake;
    }

    PeerCounters counters() {
        return counters;
    }

    PublishedEndpoint published() {
        return place.published();
    }

    void failed(HandshakeFailure cause) {
        failures.incrementAndGet(cause.ordinal());
    }

    void obstacle(@Nullable String why) {
        obstacle = why;
    }

    long failures(HandshakeFailure cause) {
        return failures.get(cause.ordinal());
    }

    // --- configuration ------------------------------------------------------------------------

    /** Takes over all but AllowedIPs, which are the device's. */
    void configure(PeerConfig wanted, long nowNanos) {
        presharedKey.replace(wanted.presharedKey());
        PeerEndpoint configured = wanted.endpoint();
        if (configured != null && !place.isConfigured(configured)) {
            configureEndpoint(configured, nowNanos);
        }
        boolean keepaliveChanged =
                wanted.persistentKeepaliveSeconds() != config.persistentKeepaliveSeconds();
        config = wanted.withoutPresharedKey();
        if (keepaliveChanged) {
            startPersistentKeepalive(nowNanos);
        }
    }

    /** It is at this place from now on. */
    void configureEndpoint(PeerEndpoint configured, long nowNanos) {
        place.configure(configured);
        lookUp(nowNanos);
    }

    /** Another peer was given some of its prefixes. */
    void lose(Set<AllowedIp> prefixes) {
        List<AllowedIp> left = new ArrayList<>(config.allowedIps());
        left.removeAll(prefixes);
        config =
                new PeerConfig(
                        config.name(),
                        config.publicKey(),
                        null,
                        config.endpoint(),
                        left,
                        config.persistentKeepaliveSeconds(),
                        config.domain());
    }

    /** Arms the persistent keepalive as configured. */
    void startPersistentKeepalive(long nowNanos) {
        if (!device.isSuspended()) {
            timers.persistentKeepalive(config.persistentKeepaliveSeconds(), nowNanos);
        }
    }

    /** The interface went down. */
    void suspend() {
        timers.stop();
        timers.persistentKeepalive(0, 0);
        sessions.clear();
        publishSession();
        staged.drop(null);
        keepaliveWanted = false;
        forgetHandshake(false);
    }

    /** The interface came up. */
    void resume(long nowNanos) {
        timers.forgetLastHandshake();
        startPersistentKeepalive(nowNanos);
        if (!staged.isEmpty()) {
            wantHandshake(nowNanos);
        }
    }

    /** Ends everything; the peer is not used again. */
    void remove() {
        removed = true;
        timers.stop();
        sessions.clear();
        publishSession();
        staged.drop(null);
        keepaliveWanted = false;
        presharedKey.wipe();
        forgetHandshake(true);
    }

    /** Drops the pending handshake, also one that is only asked for. */
    private void forgetHandshake(boolean forGood) {
        asked.set(null);
        device.ask(new WorkerRequest.Forget(this, forGood));
    }

    /**
     * Forgets sessions because our own key has changed (W30). The next packet may shake hands at
     * once. Without one nothing is begun, as in Linux: the other end may not know the new key yet,
     * and an initiation in vain would hold up the next one for 5 s. Who is to be kept alive hears
     * at once.
     */
    void onOwnKeyChanged(long nowNanos) {
        asked.set(null);
        sessions.clear();
        publishSession();
        timers.forgetLastHandshake();
        if (!staged.isEmpty() || config.persistentKeepaliveSeconds() != 0) {
            wantHandshake(nowNanos);
        }
    }

    /** The way to the peer may be another one now: what was sent just before may be lost. */
    void onNetworkChanged(long nowNanos) {
        place.onNetworkChanged();
        if (isReachable()) {
            timers.hurryHandshake(nowNanos);
            wantHandshake(nowNanos);
        }
    }

    // --- sessions -----------------------------------------------------------------------------

    PeerSessions sessions() {
        return sessions;
    }

    PeerTimers timers() {
        return timers;
    }

    Endpoint endpoint() {
        return place.endpoint();
    }

    PeerPlace place() {
        return place;
    }

    boolean isReachable() {
        return place.isReachable();
    }

    /** The session that may send now; null when there is none, or it is too old or used up. */
    @Nullable Keypair sendingSession(long nowNanos) {
        return sendingSession(nowNanos, 1);
    }

    /** The same for so many messages at once, of which none may pass the limit. */
    @Nullable Keypair sendingSession(long nowNanos, int messages) {
        Keypair current = sessions.current();
        if (current == null || !current.sendable()) {
            return null;
        }
        if (current.ageNanos(nowNanos) >= device.timing().rejectAfterNanos()
                || Long.compareUnsigned(
                                current.sendCounter(),
                                WireGuardTiming.REJECT_AFTER_MESSAGES - messages)
                        > 0) {
            current.expireSending();
            return null;
        }
        return current;
    }

    /** Takes in a session that the handshake thread has derived. */
    void onSessionDerived(Keypair keypair, @Nullable Endpoint from, long nowNanos) {
        // Data may have overtaken it, and has then shown a later place.
        if (!keypair.installed()) {
            install(keypair, nowNanos);
            if (from != null) {
                place.move(from);
            }
        }
        if (keypair.initiator()) {
            counters.add(PeerCounters.RX_BYTES, HandshakeResponse.BYTES);
            onHandshakeComplete();
            sendKeepalive();
        } else {
            counters.add(PeerCounters.RX_BYTES, HandshakeInitiation.BYTES);
            counters.add(PeerCounters.TX_BYTES, HandshakeResponse.BYTES);
            timers.onResponseSent(nowNanos);
        }
        timers.onAuthenticatedReceived(nowNanos);
    }

    private void install(Keypair keypair, long nowNanos) {
        sessions.install(keypair);
        counters.add(PeerCounters.SESSIONS, 1);
        timers.onSessionDerived(nowNanos);
    }

    /**
     * An authenticated message came under a keypair: order as W22 says, up to the point where the
     * inner packet is looked at.
     */
    void onAuthenticated(Keypair keypair, @Nullable Endpoint from, long nowNanos) {
        if (!keypair.installed()) {
            // Overtook the handshake thread's command.
            install(keypair, nowNanos);
        }
        if (from != null) {
            place.move(from);
        }
        if (sessions.promote(keypair)) {
            onHandshakeComplete();
            if (!staged.isEmpty()) {
                device.ready().add(this);
            }
        }
        renewOnReceive(nowNanos);
        timers.onAuthenticatedReceived(nowNanos);
    }

    private void onHandshakeComplete() {
        unanswered = false;
        timers.onHandshakeComplete();
        publishSession();
    }

    private void renewOnReceive(long nowNanos) {
        Keypair current = sessions.current();
        if (current != null
                && current.initiator()
                && current.sendable()
                && current.ageNanos(nowNanos) >= device.timing().rekeyOnReceiveNanos()
                && timers.askLastMinuteRekey()) {
            wantHandshake(nowNanos);
        }
    }

    /** A message was laid out for sending. */
    void onSent(Keypair keypair, boolean data, int messages, long bytes, long nowNanos) {
        counters.add(PeerCounters.TX_BYTES, bytes);
        if (data) {
            timers.onDataSent(nowNanos);
        } else {
            counters.add(PeerCounters.KEEPALIVES_SENT, messages);
        }
        timers.onAuthenticatedSent(nowNanos);
        if (Long.compareUnsigned(keypair.sendCounter(), WireGuardTiming.REKEY_AFTER_MESSAGES) > 0
                || (keypair.initiator()
                        && keypair.ageNanos(nowNanos) >= device.timing().rekeyAfterNanos())) {
            wantHandshake(nowNanos);
        }
    }

    private void publishSession() {
        Keypair current = sessions.current();
        if (current != null) {
            counters.set(PeerCounters.SESSION_BORN_NANOS, current.bornNanos());
            counters.set(PeerCounters.LAST_HANDSHAKE_EPOCH_NANOS, current.bornEpochNanos());
        }
        counters.set(PeerCounters.SESSION_ALIVE, current == null ? 0 : 1);
    }

    // --- looking up names -----------------------------------------------------------------------

    private void lookUp(long nowNanos) {
        String host = place.startLookup(nowNanos);
        if (host != null) {
            device.lookUp(this, host);
        }
    }

    /** A look-up of the configured name came back; an empty list when it found nothing. */
    void onLookedUp(String host, List<InetAddress> found, long nowNanos) {
        if (removed) {
            return;
        }
        if (found.isEmpty()) {
            device.tell(new DeviceEvent.EndpointUnresolved(name(), host));
        }
        boolean wanted =
                !staged.isEmpty()
                        || keepaliveWanted
                        || timers.isArmed(PeerTimers.RETRANSMIT_INITIATION);
        if (place.onLookedUp(host, found, unanswered) && wanted) {
            timers.forgetLastHandshake();
            wantHandshake(nowNanos);
        }
    }

    // --- handshakes and timers ----------------------------------------------------------------

    /** Somebody has something to send: asks for a handshake unless one was begun just now. */
    void wantHandshake(long nowNanos) {
        if (device.isSuspended()) {
            return;
        }
        timers.onHandshakeWanted(nowNanos);
        // An unanswered one is its timer's, which also goes on to other addresses: data that keeps
        // coming would always be a little earlier.
        if (!timers.awaitsAnswer()) {
            initiate(nowNanos);
        }
    }

    private boolean initiate(long nowNanos) {
        if (!timers.mayInitiate(nowNanos)) {
            return false;
        }
        if (!isReachable()) {
            return false;
        }
        if (!endpoint().isSet()) {
            lookUp(nowNanos);
        }
        timers.onInitiationSent(nowNanos);
        if (endpoint().isSet()) {
            ask();
        }
        return true;
    }

    /**
     * Not again what still waits, but where to goes along with it: a thread that can't keep up
     * would never be done, and who asks anew would always be the last.
     */
    private void ask() {
        Endpoint to = new Endpoint();
        to.copyFrom(endpoint());
        WorkerRequest.Initiate waiting = asked.get();
        if (waiting != null) {
            waiting.to().set(to);
            if (asked.get() != null) {
                return;
            }
        }
        WorkerRequest.Initiate request =
                new WorkerRequest.Initiate(this, new AtomicReference<>(to));
        asked.set(request);
        try {
            device.ask(request);
        } catch (OutOfMemoryError full) {
            asked.set(null); // or nothing would ever be asked again
            throw full;
        }
    }

    /** Takes a request up; false when it is not wanted any more. The handshake thread. */
    boolean takeUp(WorkerRequest.Initiate request) {
        return asked.compareAndSet(request, null);
    }

    /** The handshake thread has sent one. */
    void onInitiationLeft() {
        counters.add(PeerCounters.TX_BYTES, HandshakeInitiation.BYTES);
    }

    /** Runs the timers that are due. */
    void runTimers(long nowNanos) {
        int due = timers.takeDue(nowNanos);
        if (due == 0) {
            return;
        }
        if ((due & PeerTimers.RETRANSMIT_INITIATION) != 0) {
            onNoAnswer(nowNanos);
        }
        if ((due & PeerTimers.PASSIVE_KEEPALIVE) != 0) {
            sendKeepalive();
        }
        if ((due & PeerTimers.NEW_HANDSHAKE) != 0) {
            place.forgetSource();
            lookUp(nowNanos);
            wantHandshake(nowNanos);
        }
        if ((due & PeerTimers.WIPE_KEYS) != 0) {
            sessions.clear();
            publishSession();
            forgetHandshake(false);
        }
        if ((due & PeerTimers.PERSISTENT_KEEPALIVE) != 0) {
            timers.onPersistentKeepaliveDue(nowNanos);
            sendKeepalive();
        }
    }

    private void onNoAnswer(long nowNanos) {
        String why = obstacle;
        if (why == null) {
            failed(HandshakeFailure.NO_ANSWER);
        }
        unanswered = true;
        lookUp(nowNanos);
        place.tryNextAddress();
        if (timers.attemptsAreOver(nowNanos)) {
            timers.onAttemptsGivenUp(nowNanos);
            staged.drop(DropReason.TUNNEL_NO_SESSION);
            if (why == null) {
                failed(HandshakeFailure.GIVEN_UP);
                device.tell(new DeviceEvent.HandshakeGivenUp(name()));
            } else {
                device.tell(new DeviceEvent.HandshakeImpossible(name(), why));
            }
            return;
        }
        place.forgetSource();
        if (!initiate(nowNanos)) {
            timers.onRetransmissionDelayed();
        }
    }

    /** Our own messages to the peer came back to be sent to it again; told every 30 s at most. */
    void noteLoop(long nowNanos) {
        if (!loopTold || nowNanos - loopToldNanos >= LOOP_TOLD_NANOS) {
            loopTold = true;
            loopToldNanos = nowNanos;
            device.tell(new DeviceEvent.RoutedIntoItself(name(), place.endpoint().toString()));
        }
    }

    // --- what waits ---------------------------------------------------------------------------

    StagedPackets staged() {
        return staged;
    }

    /** Sends what waits, or an empty message when nothing does. */
    void sendKeepalive() {
        keepaliveWanted = true;
        device.ready().add(this);
    }

    boolean takeKeepaliveWanted() {
        boolean wanted = keepaliveWanted;
        keepaliveWanted = false;
        return wanted;
    }

    boolean isReady() {
        return ready;
    }

    @Nullable Peer nextReady() {
        return nextReady;
    }

    void ready(boolean isReady, @Nullable Peer next) {
        ready = isReady;
        nextReady = next;
    }
}
