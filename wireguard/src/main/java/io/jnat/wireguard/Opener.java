package io.jnat.wireguard;

import io.jnat.core.engine.PacketStep;
import io.jnat.core.engine.StepRunner;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.wireguard.crypto.PacketCipher;
import io.jnat.wireguard.crypto.PacketKey;
import io.jnat.wireguard.message.DataMessage;
import io.jnat.wireguard.message.MessageType;
import io.jnat.wireguard.session.Keypair;
import io.jnat.wireguard.timer.WireGuardTiming;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What comes out of the tunnel: decrypting, outside the section, then replay window, endpoint,
 * timers and source check, in the section. In between, the message's header stays where it was, in
 * front of the packet, and is what the second half goes by.
 *
 * <p>Owner: one engine thread. Allocates nothing.
 */
final class Opener {
    private static final int TYPE_BYTES = 4;

    private final WireGuardDevice device;
    private final StepRunner runner;
    private final PacketCipher[] ciphers;
    private final PacketStep step = this::decryptPart;

    // Of the burst's data messages, in order: what the cipher wants to know.
    private final int[] position = new int[Burst.MAX_PACKETS];
    private final @Nullable Keypair[] keypairs = new Keypair[Burst.MAX_PACKETS];
    private final long[] texts = new long[Burst.MAX_PACKETS];
    private final int[] lengths = new int[Burst.MAX_PACKETS];
    private final long[] counters = new long[Burst.MAX_PACKETS];
    private final boolean[] authentic = new boolean[Burst.MAX_PACKETS];

    Opener(WireGuardDevice device, StepRunner runner, PacketCipher[] ciphers) {
        this.device = device;
        this.runner = runner;
        this.ciphers = ciphers;
    }

    // --- outside the section ------------------------------------------------------------------

    /** Decrypts data messages in place; hands handshake messages over. */
    void open(Burst burst) {
        int found = 0;
        for (int at = 0; at < burst.count; at++) {
            Packet packet = burst.packets[at];
            if (packet.verdict != Packet.FORWARD || packet.opened) {
                continue;
            }
            Keypair keypair = keypairOf(packet, burst.nowNanos);
            if (keypair != null) {
                position[found] = at;
                keypairs[found] = keypair;
                texts[found] = packet.address + DataMessage.HEADER_BYTES;
                lengths[found] = packet.length - DataMessage.OVERHEAD_BYTES;
                counters[found] = DataMessage.counter(packet.address);
                found++;
            }
        }
        runner.run(step, lengths, found);
        for (int at = 0; at < found; at++) {
            Packet packet = burst.packets[position[at]];
            if (authentic[at]) {
                packet.address = texts[at];
                packet.length = lengths[at];
                packet.opened = true;
            } else {
                packet.drop(DropReason.TUNNEL_BAD_TAG);
            }
        }
        Arrays.fill(keypairs, 0, found, null);
    }

    /** The keypair of a data message; null when it is none, and then its verdict is set. */
    private @Nullable Keypair keypairOf(Packet packet, long nowNanos) {
        if (packet.length < TYPE_BYTES) {
            packet.drop(DropReason.TUNNEL_BAD_MESSAGE);
            return null;
        }
        int type = DataMessage.type(packet.address);
        if (type != MessageType.DATA) {
            handOver(packet, type);
            return null;
        }
        if (packet.length < DataMessage.OVERHEAD_BYTES) {
            packet.drop(DropReason.TUNNEL_BAD_MESSAGE);
            return null;
        }
        Keypair keypair = device.indices().keypair(DataMessage.receiverIndex(packet.address));
        if (keypair == null) {
            packet.drop(DropReason.TUNNEL_UNKNOWN_INDEX);
            return null;
        }
        long counter = DataMessage.counter(packet.address);
        if (keypair.ageNanos(nowNanos) >= device.timing().rejectAfterNanos()
                || Long.compareUnsigned(counter, WireGuardTiming.REJECT_AFTER_MESSAGES) >= 0) {
            packet.drop(DropReason.TUNNEL_EXPIRED_KEY);
            return null;
        }
        return keypair;
    }

    private void handOver(Packet packet, int type) {
        Endpoint from = packet.remote;
        if (from == null || !MessageType.isHandshake(type, packet.length)) {
            packet.drop(DropReason.TUNNEL_BAD_MESSAGE);
        } else if (device.handshakes().offer(packet.address, packet.length, from)) {
            packet.verdict = Packet.TAKEN;
        } else {
            packet.drop(DropReason.TUNNEL_HANDSHAKE_QUEUE_FULL);
        }
    }

    /** One call of the cipher for each run of messages under one key. Any worker. */
    private void decryptPart(int worker, int first, int count) {
        int at = first;
        while (at < first + count) {
            Keypair keypair = keypairs[at];
            int end = at + 1;
            while (end < first + count && keypairs[end] == keypair) {
                end++;
            }
            if (keypair != null) {
                PacketKey key = keypair.receiveKey();
                ciphers[worker].open(key, texts, lengths, counters, authentic, at, end - at);
            }
            at = end;
        }
    }

    // --- in the section -----------------------------------------------------------------------

    /** Judges what was decrypted, in the order of W22. */
    void accept(Burst burst) {
        for (int at = 0; at < burst.count; at++) {
            Packet packet = burst.packets[at];
            if (packet.verdict == Packet.FORWARD) {
                accept(packet, burst.nowNanos);
            }
        }
    }

    private void accept(Packet packet, long nowNanos) {
        long header = packet.address - DataMessage.HEADER_BYTES;
        Keypair keypair = device.indices().keypair(DataMessage.receiverIndex(header));
        Peer peer = keypair == null ? null : device.peer(keypair.peer());
        if (keypair == null || peer == null || !device.isOfOwnKeys(keypair)) {
            // Ended since it was decrypted; or its news, on their way, will be refused.
            packet.drop(DropReason.TUNNEL_UNKNOWN_INDEX);
            return;
        }
        PeerCounters count = peer.counters();
        if (!keypair.accept(DataMessage.counter(header))) {
            count.add(PeerCounters.REPLAYED, 1);
            packet.drop(DropReason.TUNNEL_REPLAY);
            return;
        }
        count.add(PeerCounters.RX_BYTES, packet.length + DataMessage.OVERHEAD_BYTES);
        peer.onAuthenticated(keypair, packet.remote, nowNanos);
        if (packet.length == 0) {
            count.add(PeerCounters.KEEPALIVES_RECEIVED, 1);
            packet.verdict = Packet.TAKEN;
            return;
        }
        peer.timers().onDataReceived(nowNanos);
        DropReason refused = lookInside(packet, peer);
        if (refused != null) {
            packet.drop(refused);
            return;
        }
        packet.inLink = device.linkId();
        packet.inPeer = peer.index();
    }

    private @Nullable DropReason lookInside(Packet packet, Peer peer) {
        if (!InnerPacket.cut(packet)) {
            return DropReason.TUNNEL_BAD_INNER_PACKET;
        }
        if (!Ecn.decapsulate(packet.address, packet.outerTos)) {
            return DropReason.TUNNEL_CONGESTION;
        }
        int owner =
                device.allowedIps()
                        .find(
                                peer.domain(),
                                packet.ipVersion == 6,
                                InnerPacket.sourceHigh(packet),
                                InnerPacket.sourceLow(packet));
        if (owner != peer.index()) {
            peer.counters().add(PeerCounters.NOT_ALLOWED, 1);
            return DropReason.TUNNEL_NOT_ALLOWED_SOURCE;
        }
        return null;
    }
}
