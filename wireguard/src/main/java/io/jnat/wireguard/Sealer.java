package io.jnat.wireguard;

import io.jnat.core.engine.PacketStep;
import io.jnat.core.engine.StepRunner;
import io.jnat.core.offload.Segmenter;
import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Ip;
import io.jnat.wireguard.crypto.PacketCipher;
import io.jnat.wireguard.crypto.PacketKey;
import io.jnat.wireguard.message.DataMessage;
import io.jnat.wireguard.session.Keypair;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What goes into the tunnel: in the section, packets are cut into datagrams that have keypair and
 * counter but are still plain; outside of it, they are encrypted in place.
 *
 * <p>Owner: one engine thread, with one batch. Allocates nothing.
 */
final class Sealer {
    private static final int MAX_PADDING_BYTES = 15;

    private final WireGuardDevice device;
    private final StepRunner runner;
    private final PacketCipher[] ciphers;
    private final PacketStep step = this::sealPart;

    // Of the batch's datagrams: what the cipher wants to know.
    private final @Nullable Keypair[] keypairs = new Keypair[DatagramBatch.MAX_DATAGRAMS];
    private final long[] texts = new long[DatagramBatch.MAX_DATAGRAMS];
    private final int[] lengths = new int[DatagramBatch.MAX_DATAGRAMS];
    private final long[] counters = new long[DatagramBatch.MAX_DATAGRAMS];

    Sealer(WireGuardDevice device, StepRunner runner, PacketCipher[] ciphers) {
        this.device = device;
        this.runner = runner;
        this.ciphers = ciphers;
    }

    // --- in the section -----------------------------------------------------------------------

    /** Whether the batch takes all datagrams of a packet. */
    boolean room(Packet packet, DatagramBatch batch) {
        int segments = Segmenter.segmentCount(packet);
        int headers = packet.transportOffset + packet.transportHeaderLength;
        int each = headers + DataMessage.OVERHEAD_BYTES + MAX_PADDING_BYTES;
        return batch.fits(segments, packet.length + segments * each);
    }

    /** Lays a packet into the batch, or keeps it for later; null, or why neither is possible. */
    @Nullable DropReason stage(Packet packet, DatagramBatch batch, long nowNanos) {
        packet.ipVersion = Memory.getByte(packet.address) >>> 4;
        Peer peer = peerFor(packet);
        if (peer == null) {
            return DropReason.TUNNEL_NO_PEER;
        }
        if (!peer.isReachable()) {
            return DropReason.TUNNEL_NO_ENDPOINT;
        }
        int segments = Segmenter.segmentCount(packet);
        Keypair keypair = peer.sendingSession(nowNanos, segments);
        if (OwnMessage.isIn(packet, peer, keypair, device.indices())) {
            peer.noteLoop(nowNanos);
            return DropReason.TUNNEL_LOOP;
        }
        int largest = Segmenter.segmentLength(packet, 0);
        if (largest > device.mtu()
                || largest + DataMessage.OVERHEAD_BYTES > DatagramBatch.MAX_RUN_BYTES) {
            return DropReason.TOO_BIG;
        }
        boolean session = keypair != null && peer.endpoint().isSet();
        if (packet.measuresPath && (!session || !peer.staged().isEmpty())) {
            return DropReason.TUNNEL_NO_SESSION; // it would leave later, and fragmented
        }
        if (keypair == null || !session) {
            DropReason lost = peer.staged().keep(packet);
            peer.wantHandshake(nowNanos);
            return lost;
        }
        if (!peer.staged().isEmpty()
                && (!flush(peer, batch, nowNanos)
                        || !room(packet, batch)
                        || peer.sendingSession(nowNanos, segments) == null)) {
            // What waits longer goes first (W29).
            device.ready().add(peer);
            return peer.staged().keep(packet);
        }
        lay(packet, peer, keypair, batch, nowNanos);
        return null;
    }

    private @Nullable Peer peerFor(Packet packet) {
        if (packet.outPeer >= 0) {
            return device.peer(packet.outPeer);
        }
        int owner =
                device.allowedIps()
                        .find(
                                0,
                                packet.ipVersion == 6,
                                InnerPacket.destinationHigh(packet),
                                InnerPacket.destinationLow(packet));
        return owner == AllowedIps.NONE ? null : device.peer(owner);
    }

    /** Sends what is ready until the batch is full. */
    void flushReady(DatagramBatch batch, long nowNanos) {
        Peer peer = device.ready().take();
        while (peer != null) {
            if (!flush(peer, batch, nowNanos)) {
                device.ready().add(peer);
                return;
            }
            peer = device.ready().take();
        }
    }

    /** Sends a peer's waiting packets, or its keepalive; false when the batch was full before. */
    private boolean flush(Peer peer, DatagramBatch batch, long nowNanos) {
        boolean keepalive = peer.takeKeepaliveWanted();
        if (!keepalive && peer.staged().isEmpty()) {
            return true;
        }
        Keypair keypair = peer.sendingSession(nowNanos);
        if (keypair == null || !peer.endpoint().isSet()) {
            if (peer.isReachable()) {
                peer.wantHandshake(nowNanos);
            }
            return true;
        }
        if (peer.staged().isEmpty()) {
            if (!batch.fits(1, DataMessage.OVERHEAD_BYTES)) {
                peer.sendKeepalive();
                return false;
            }
            layDatagram(peer, keypair, 0, 0, batch);
            peer.onSent(keypair, false, 1, DataMessage.OVERHEAD_BYTES, nowNanos);
            return true;
        }
        while (!peer.staged().isEmpty()) {
            Packet packet = peer.staged().first();
            if (!room(packet, batch)) {
                return false;
            }
            if (peer.sendingSession(nowNanos, Segmenter.segmentCount(packet)) == null) {
                peer.wantHandshake(nowNanos);
                return true;
            }
            lay(packet, peer, keypair, batch, nowNanos);
            peer.staged().removeFirst();
        }
        return true;
    }

    /** Cuts, pads and numbers one packet or super-frame; the batch has room. */
    private void lay(
            Packet packet, Peer peer, Keypair keypair, DatagramBatch batch, long nowNanos) {
        int segments = Segmenter.segmentCount(packet);
        int mtu = device.mtu();
        int tos = Ecn.outerTos(Ip.trafficClass(packet.address), device.copiesDscp());
        long bytes = 0;
        for (int at = 0; at < segments; at++) {
            long text = batch.next() + DataMessage.HEADER_BYTES;
            int length = Segmenter.writeSegment(packet, at, text);
            int padded = InnerPacket.paddedLength(length, mtu);
            for (int pad = length; pad < padded; pad++) {
                Memory.putByte(text + pad, 0);
            }
            layDatagram(peer, keypair, padded, tos, batch);
            bytes += padded + DataMessage.OVERHEAD_BYTES;
        }
        peer.onSent(keypair, true, segments, bytes, nowNanos);
    }

    /** Takes the text that lies at the batch's next place, and its header, into the batch. */
    private void layDatagram(
            Peer peer, Keypair keypair, int textLength, int tos, DatagramBatch batch) {
        int at = batch.count;
        long counter = keypair.nextSendCounter();
        long start = batch.next();
        DataMessage.writeHeader(start, keypair.remoteIndex(), counter);
        keypairs[at] = keypair;
        texts[at] = start + DataMessage.HEADER_BYTES;
        lengths[at] = textLength;
        counters[at] = counter;
        batch.add(textLength + DataMessage.OVERHEAD_BYTES, peer.endpoint(), tos, peer.index());
    }

    // --- outside the section ------------------------------------------------------------------

    /** Encrypts the batch. */
    void seal(DatagramBatch batch) {
        try {
            runner.run(step, lengths, batch.count);
        } finally {
            Arrays.fill(keypairs, 0, batch.count, null);
        }
    }

    /** One call of the cipher for each run of datagrams under one key. Any worker. */
    private void sealPart(int worker, int first, int count) {
        int at = first;
        while (at < first + count) {
            Keypair keypair = keypairs[at];
            int end = at + 1;
            while (end < first + count && keypairs[end] == keypair) {
                end++;
            }
            if (keypair != null) {
                seal(ciphers[worker], keypair.sendKey(), at, end - at);
            }
            at = end;
        }
    }

    private void seal(PacketCipher cipher, PacketKey key, int first, int count) {
        cipher.seal(key, texts, lengths, counters, first, count);
        if (key.isDestroyed()) {
            // Wiped meanwhile: it may be sealed under zeros. What leaves is no message at all.
            for (int at = first; at < first + count; at++) {
                Memory.zero(
                        texts[at] - DataMessage.HEADER_BYTES,
                        lengths[at] + DataMessage.OVERHEAD_BYTES);
            }
        }
    }
}
