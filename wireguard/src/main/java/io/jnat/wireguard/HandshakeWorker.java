package io.jnat.wireguard;

import io.jnat.core.packet.Endpoint;
import io.jnat.core.stat.DropCounters;
import io.jnat.core.stat.DropReason;
import io.jnat.core.time.Clock;
import io.jnat.wireguard.cookie.CookieChecker;
import io.jnat.wireguard.cookie.LoadLatch;
import io.jnat.wireguard.cookie.SourceLimiter;
import io.jnat.wireguard.crypto.X25519;
import io.jnat.wireguard.message.CookieReply;
import io.jnat.wireguard.message.HandshakeInitiation;
import io.jnat.wireguard.message.HandshakeResponse;
import io.jnat.wireguard.message.MessageType;
import io.jnat.wireguard.noise.InitiatorHandshake;
import io.jnat.wireguard.noise.ResponderHandshake;
import io.jnat.wireguard.noise.SessionKeys;
import io.jnat.wireguard.noise.StaticKeys;
import io.jnat.wireguard.noise.Tai64n;
import io.jnat.wireguard.session.IndexEntry;
import io.jnat.wireguard.session.Keypair;
import io.jnat.wireguard.session.Reservation;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Computes handshakes, off the packet path (W8): takes messages from the bounded queue and the
 * engine's requests, sends answers by the {@link DatagramSender}, and gives finished sessions to
 * the engine as commands.
 *
 * <p>A message goes through these doubts in turn, the cheapest first: mac1; under load mac2 and the
 * source's token bucket (W7); then the handshake itself; then the timestamp (W3).
 *
 * <p>Owner: the handshake thread; tests turn it by hand.
 */
final class HandshakeWorker {
    /** DSCP AF41 for handshake messages (W25). */
    static final int HANDSHAKE_TOS = 0x88;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final WireGuardDevice device;
    private final Clock clock;
    private final InstantSource wallClock;
    private final DatagramSender sender;
    private final Consumer<DeviceEvent> listener;
    private final SecureRandom random = new SecureRandom();
    private final LoadLatch load = new LoadLatch(HandshakeQueue.CAPACITY);
    private final SourceLimiter limiter = new SourceLimiter(random.nextLong());
    private final HandshakeQueue queue;
    private Instant latest = Instant.MIN;
    private final ConcurrentLinkedQueue<WorkerRequest> requests;
    private final DropCounters drops = new DropCounters();
    private final Endpoint from = new Endpoint();
    private @Nullable StaticKeys self;
    private @Nullable CookieChecker checker;

    HandshakeWorker(
            WireGuardDevice device,
            HandshakeQueue queue,
            ConcurrentLinkedQueue<WorkerRequest> requests,
            Clock clock,
            InstantSource wallClock,
            DatagramSender sender,
            Consumer<DeviceEvent> listener) {
        this.device = device;
        this.queue = queue;
        this.requests = requests;
        this.clock = clock;
        this.wallClock = wallClock;
        this.sender = sender;
        this.listener = listener;
    }

    /** Who we are; for tests of what is left of a key. */
    @Nullable StaticKeys self() {
        return self;
    }

    /** Handshake messages that came to nothing, by reason; any thread may read. */
    DropCounters drops() {
        return drops;
    }

    /**
     * Does what waits: requests until one has begun a handshake, then one message. With hundreds of
     * peers to call at once, answers would otherwise wait until all are called, which is load.
     *
     * @return false when nothing waited
     */
    boolean work() {
        boolean worked = false;
        boolean begun = false;
        while (!begun) {
            WorkerRequest request = requests.poll();
            if (request == null) {
                break;
            }
            begun = serve(request);
            worked = true;
        }
        int waiting = queue.size();
        byte[] message = queue.take(from);
        if (message.length == 0) {
            return worked;
        }
        DropReason wrong = receive(message, waiting, clock.nowNanos());
        if (wrong != null) {
            drops.add(wrong, 1);
        }
        return true;
    }

    /**
     * Forgets all keys, also those that only wait to be taken in; begins and tells nothing. After
     * the last {@link #work}.
     */
    void wipe() {
        WorkerRequest request = requests.poll();
        while (request != null) {
            if (request instanceof WorkerRequest.BecomeIdentity
                    || request instanceof WorkerRequest.Forget) {
                serve(request);
            }
            request = requests.poll();
        }
        become(null);
    }

    /** Returns whether it was to begin a handshake, and that was still wanted. */
    private boolean serve(WorkerRequest request) {
        switch (request) {
            case WorkerRequest.Initiate initiate -> {
                if (initiate.peer().takeUp(initiate)) {
                    initiate(initiate.peer(), initiate.to().get(), clock.nowNanos());
                    return true;
                }
            }
            case WorkerRequest.Forget forget -> {
                if (forget.forGood()) {
                    forget.peer().handshake().wipe(device.indices());
                } else {
                    forget.peer().handshake().forget(device.indices());
                }
            }
            case WorkerRequest.BecomeIdentity identity -> become(identity.keys());
            case WorkerRequest.Tell tell -> listener.accept(tell.event());
        }
        return false;
    }

    /**
     * The time by the wall clock; once that was set back, by one that goes on from where it was. A
     * peer that is removed and added again would be refused by the other end otherwise.
     */
    private Instant latestInstant() {
        Instant now = wallClock.instant();
        latest = now.isBefore(latest) ? latest.plusNanos(Tai64n.WHITENED_NANOS) : now;
        return latest;
    }

    private void become(@Nullable StaticKeys keys) {
        device.forEachPeer(peer -> peer.handshake().wipe(device.indices()));
        if (self != null) {
            self.wipe();
        }
        self = keys;
        checker = keys == null ? null : new CookieChecker(keys.publicKey(), random);
    }

    private void initiate(Peer peer, Endpoint to, long nowNanos) {
        StaticKeys keys = self;
        if (peer.isRemoved()) {
            return;
        }
        if (keys == null) {
            peer.obstacle("this end has no private key: set one");
            return;
        }
        byte[] staticStatic = peer.handshake().staticStatic(keys);
        if (staticStatic == null) {
            refuse(peer);
            return;
        }
        Reservation index = device.indices().reserve(peer.index());
        InitiatorHandshake handshake =
                InitiatorHandshake.begin(
                        keys,
                        peer.publicKey(),
                        staticStatic,
                        index.localIndex(),
                        X25519.generatePrivateKey(),
                        peer.handshake().timestamp(latestInstant()));
        if (handshake == null) {
            device.indices().remove(index);
            refuse(peer);
            return;
        }
        peer.handshake().begin(handshake, index, device.indices());
        peer.obstacle(null);
        send(peer, handshake.message(), to, nowNanos);
        device.submitToEngine(now -> peer.onInitiationLeft());
    }

    private static void refuse(Peer peer) {
        peer.failed(HandshakeFailure.UNUSABLE_PUBLIC_KEY);
        peer.obstacle(HandshakeFailure.UNUSABLE_PUBLIC_KEY.explanation());
    }

    /** Takes in one message; null when all was well. */
    private @Nullable DropReason receive(byte[] message, int waiting, long nowNanos) {
        StaticKeys keys = self;
        CookieChecker cookies = checker;
        if (keys == null || cookies == null) {
            return DropReason.TUNNEL_BAD_HANDSHAKE;
        }
        int type = MessageType.of(message);
        if (type == MessageType.COOKIE_REPLY) {
            return receiveCookie(message, nowNanos);
        }
        if (!cookies.hasValidMac1(message)) {
            return DropReason.TUNNEL_BAD_MAC;
        }
        if (load.isUnderLoad(waiting, nowNanos)) {
            if (!cookies.hasValidMac2(message, from, nowNanos)) {
                int sender =
                        type == MessageType.INITIATION
                                ? HandshakeInitiation.senderIndex(message)
                                : HandshakeResponse.senderIndex(message);
                sendTo(cookies.reply(message, sender, from, nowNanos), from);
                return DropReason.TUNNEL_UNDER_LOAD;
            }
            if (!limiter.allow(from, nowNanos)) {
                return DropReason.TUNNEL_UNDER_LOAD;
            }
        }
        return type == MessageType.INITIATION
                ? receiveInitiation(keys, message, nowNanos)
                : receiveResponse(keys, message, nowNanos);
    }

    private @Nullable DropReason receiveInitiation(StaticKeys keys, byte[] message, long nowNanos) {
        ResponderHandshake handshake = ResponderHandshake.read(keys, message);
        if (handshake == null) {
            return DropReason.TUNNEL_BAD_HANDSHAKE;
        }
        try {
            return answer(keys, handshake, nowNanos);
        } finally {
            handshake.wipe();
        }
    }

    private @Nullable DropReason answer(
            StaticKeys keys, ResponderHandshake handshake, long nowNanos) {
        Peer peer = device.peer(WireGuardKey.of(handshake.peerPublicKey()));
        if (peer == null) {
            return DropReason.TUNNEL_UNKNOWN_PEER;
        }
        byte[] staticStatic = peer.handshake().staticStatic(keys);
        if (staticStatic == null) {
            return DropReason.TUNNEL_BAD_HANDSHAKE;
        }
        byte[] timestamp = handshake.authenticate(staticStatic);
        if (timestamp == null) {
            return DropReason.TUNNEL_BAD_HANDSHAKE;
        }
        HandshakeFailure refused = peer.handshake().accept(timestamp, nowNanos);
        if (refused != null) {
            peer.failed(refused);
            return DropReason.TUNNEL_BAD_HANDSHAKE;
        }
        Reservation index = device.indices().reserve(peer.index());
        byte[] response = HandshakeResponse.create(index.localIndex(), handshake.initiatorIndex());
        byte[] presharedKey = peer.presharedKey().copy();
        SessionKeys derived =
                handshake.respond(response, X25519.generatePrivateKey(), presharedKey);
        Arrays.fill(presharedKey, (byte) 0);
        if (derived == null) {
            device.indices().remove(index);
            return DropReason.TUNNEL_BAD_HANDSHAKE;
        }
        // The engine must hear of the session before the initiator can use it.
        establish(peer, index, keys, derived, false, nowNanos);
        send(peer, response, from, nowNanos);
        return null;
    }

    private @Nullable DropReason receiveResponse(StaticKeys keys, byte[] message, long nowNanos) {
        IndexEntry entry = device.indices().entry(HandshakeResponse.receiverIndex(message));
        if (!(entry instanceof Reservation index)) {
            return DropReason.TUNNEL_BAD_HANDSHAKE;
        }
        Peer peer = device.peer(index.peer());
        InitiatorHandshake handshake = peer == null ? null : peer.handshake().pending(index);
        if (peer == null || handshake == null) {
            return DropReason.TUNNEL_BAD_HANDSHAKE;
        }
        byte[] presharedKey = peer.presharedKey().copy();
        SessionKeys derived = handshake.finish(message, presharedKey);
        Arrays.fill(presharedKey, (byte) 0);
        if (derived == null) {
            peer.failed(HandshakeFailure.BAD_RESPONSE);
            return DropReason.TUNNEL_BAD_HANDSHAKE;
        }
        peer.handshake().finished();
        establish(peer, index, keys, derived, true, nowNanos);
        return null;
    }

    private @Nullable DropReason receiveCookie(byte[] message, long nowNanos) {
        IndexEntry entry = device.indices().entry(CookieReply.receiverIndex(message));
        Peer peer = entry == null ? null : device.peer(entry.peer());
        return peer != null && peer.handshake().stamp().accept(message, nowNanos)
                ? null
                : DropReason.TUNNEL_BAD_HANDSHAKE;
    }

    private void establish(
            Peer peer,
            Reservation index,
            StaticKeys own,
            SessionKeys keys,
            boolean initiator,
            long nowNanos) {
        Keypair keypair =
                new Keypair(
                        index,
                        keys.remoteIndex(),
                        initiator,
                        keys.send(),
                        keys.receive(),
                        nowNanos,
                        epochNanos(),
                        own);
        device.indices().replace(index, keypair);
        Endpoint source = new Endpoint();
        source.copyFrom(from);
        device.submitToEngine(now -> device.onSessionDerived(peer, keypair, source, now));
    }

    private long epochNanos() {
        Instant now = wallClock.instant();
        return now.getEpochSecond() * NANOS_PER_SECOND + now.getNano();
    }

    private void send(Peer peer, byte[] message, Endpoint to, long nowNanos) {
        peer.handshake().stamp().stamp(message, nowNanos);
        sendTo(message, to);
    }

    private void sendTo(byte[] message, Endpoint to) {
        sender.send(message, message.length, to, HANDSHAKE_TOS);
    }
}
