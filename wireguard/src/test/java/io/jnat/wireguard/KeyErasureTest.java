package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.core.wire.PacketParser;
import io.jnat.wireguard.crypto.PacketKey;
import io.jnat.wireguard.crypto.X25519;
import io.jnat.wireguard.message.MessageType;
import io.jnat.wireguard.noise.InitiatorHandshake;
import io.jnat.wireguard.noise.PrivateKeyBytes;
import io.jnat.wireguard.noise.StaticKeys;
import io.jnat.wireguard.session.IndexTable;
import io.jnat.wireguard.session.Keypair;
import io.jnat.wireguard.session.Reservation;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is left in memory of keys that are not used any more: nothing. */
@Tag("W30")
final class KeyErasureTest {
    private static final byte[] WIPED = new byte[32];
    private static final byte[] TIMESTAMP = new byte[12];

    private final WireGuardKey psk = WireGuardKey.generatePrivate();
    private final WireGuardKey pskOfTheCaller = WireGuardKey.of(psk.toBytes());

    @Test
    void presharedKeyIsOverwrittenByTheNextOneAndByNone() {
        try (TwoPeers two = new TwoPeers(psk, psk, TwoPeers.RIGHT_PLACE, null)) {
            two.shakeHands();
            byte[] kept = two.left.device.peer(0).presharedKey().raw();
            assertArrayEquals(psk.toBytes(), kept);
            WireGuardKey next = WireGuardKey.generatePrivate();
            change(two, next);
            assertSame(kept, two.left.device.peer(0).presharedKey().raw(), "no other copy");
            assertArrayEquals(next.toBytes(), kept);
            assertTrue(two.left.peer(0).hasPresharedKey());
            assertEquals(next, two.left.device.presharedKey(two.right.publicKey));
            change(two, null);
            assertArrayEquals(WIPED, kept);
            assertFalse(two.left.peer(0).hasPresharedKey());
            assertNull(two.left.device.presharedKey(two.right.publicKey));
            assertEquals(pskOfTheCaller, psk, "the caller's key stays the caller's");
        }
    }

    @Test
    void configurationThatIsKeptAndShownHoldsNoPresharedKey() {
        try (TwoPeers two = new TwoPeers(psk, psk, TwoPeers.RIGHT_PLACE, null)) {
            assertNull(two.left.device.peer(0).config().presharedKey());
            change(two, psk);
            assertNull(two.left.device.peer(0).config().presharedKey());
            two.left.device.submit(
                    new DeviceCommand.SetPeer(
                            TwoPeers.peer(
                                    "third",
                                    WireGuardKey.generatePrivate(),
                                    null,
                                    null,
                                    "10.0.0.2/32")));
            two.network.settle();
            assertNull(two.left.peer(0).config().presharedKey(), "also after it lost a prefix");
            assertEquals(psk, two.left.device.presharedKey(two.right.publicKey));
        }
    }

    @Test
    void removedPeerLeavesNoKey() {
        try (TwoPeers two = new TwoPeers(psk, psk, TwoPeers.RIGHT_PLACE, null)) {
            two.shakeHands();
            Peer peer = two.left.device.peer(0);
            Keypair session = peer.sessions().current();
            byte[] staticStatic = peer.handshake().staticStatic(two.left.worker.self());
            assertNotNull(staticStatic);
            two.left.device.submit(new DeviceCommand.RemovePeer(two.right.publicKey));
            two.network.settle();
            assertArrayEquals(WIPED, peer.presharedKey().raw());
            assertArrayEquals(WIPED, staticStatic);
            assertWiped(session);
            assertNull(two.left.device.presharedKey(two.right.publicKey));
        }
    }

    @Test
    void replacedPrivateKeyIsWipedWithAllThatFollowedFromIt() {
        try (TwoPeers two = new TwoPeers(psk, psk, TwoPeers.RIGHT_PLACE, null)) {
            two.shakeHands();
            StaticKeys before = two.left.worker.self();
            Peer peer = two.left.device.peer(0);
            Keypair session = peer.sessions().current();
            byte[] staticStatic = peer.handshake().staticStatic(before);
            WireGuardKey next = WireGuardKey.generatePrivate();
            two.left.device.submit(new DeviceCommand.SetPrivateKey(next));
            two.network.settle();
            assertArrayEquals(WIPED, PrivateKeyBytes.of(before));
            assertArrayEquals(WIPED, staticStatic);
            assertWiped(session);
            assertArrayEquals(next.toBytes(), PrivateKeyBytes.of(two.left.worker.self()));
            assertArrayEquals(psk.toBytes(), peer.presharedKey().raw(), "this one is kept");
            two.left.device.submit(new DeviceCommand.SetPrivateKey(null));
            StaticKeys last = two.left.worker.self();
            two.network.settle();
            assertArrayEquals(WIPED, PrivateKeyBytes.of(last));
            assertNull(two.left.worker.self());
        }
    }

    @Test
    @Tag("W15")
    void nineMinutesAfterTheLastSessionItsKeysAreZero() {
        try (TwoPeers two = TwoPeers.connected()) {
            two.shakeHands();
            two.network.passSeconds(130);
            two.left.send(two.toRight(1)); // renews it: now there is a previous one too
            two.network.settle();
            Keypair left = two.left.device.peer(0).sessions().current();
            Keypair right = two.right.device.peer(0).sessions().current();
            two.network.pass(540_000_000_000L - 1);
            assertTrue(holdsKeys(left) && holdsKeys(right));
            two.network.pass(1);
            assertWiped(left);
            assertWiped(right);
            assertNull(two.left.device.peer(0).sessions().current());
        }
    }

    /** Between the section and the cipher: what would leave is sealed under zeros. */
    @Test
    void nothingLeavesUnderAKeyThatWasWipedMeanwhile() {
        try (TwoPeers two = TwoPeers.connected();
                Slab slab = Slab.allocate(2048)) {
            two.shakeHands();
            byte[] inner = two.toRight(100);
            Packet packet = new Packet();
            packet.reset(slab.address() + Packet.HEADROOM_BYTES, inner.length);
            Memory.copy(inner, 0, packet.address, inner.length);
            assertNull(PacketParser.parse(packet));
            packet.outPeer = -1;
            TestNode left = two.left;
            assertNull(left.tunnel.stage(packet, left.batch, two.network.nowNanos));
            left.device.submit(new DeviceCommand.RemovePeer(two.right.publicKey));
            left.commands.poll().apply(two.network.nowNanos);
            left.transmit();
            byte[] leaves = two.network.sent.getLast().bytes();
            assertArrayEquals(new byte[leaves.length], leaves);
        }
    }

    @Test
    void closedDeviceLeavesNoKey() {
        TwoPeers two = new TwoPeers(psk, psk, TwoPeers.RIGHT_PLACE, null);
        two.shakeHands();
        Peer peer = two.left.device.peer(0);
        Keypair session = peer.sessions().current();
        StaticKeys self = two.left.worker.self();
        byte[] staticStatic = peer.handshake().staticStatic(self);
        two.close();
        assertArrayEquals(WIPED, peer.presharedKey().raw());
        assertArrayEquals(WIPED, PrivateKeyBytes.of(self));
        assertArrayEquals(WIPED, staticStatic);
        assertWiped(session);
    }

    /** The device is closed between the handshake thread's work and the engine's. */
    @Test
    void closedDeviceLeavesNoKeyThatWasStillOnItsWay() {
        TwoPeers two = TwoPeers.connected();
        two.network.arrives = datagram -> datagram.type() != MessageType.RESPONSE;
        two.left.send(two.toRight(1));
        two.network.settle();
        two.left.receive(List.of(two.network.sent.getLast()));
        assertTrue(two.left.worker.work());
        Keypair derived = keypairOf(two.network.sent.getFirst().bytes(), two.left);
        assertNotNull(derived, "derived, and not yet the engine's");
        assertNull(two.left.device.peer(0).sessions().current());
        StaticKeys self = two.left.worker.self();
        two.left.device.submit(new DeviceCommand.SetPrivateKey(WireGuardKey.generatePrivate()));
        two.left.commands.removeLast().apply(two.network.nowNanos); // asked, not yet served
        two.close();
        assertWiped(derived);
        assertArrayEquals(WIPED, PrivateKeyBytes.of(self));
    }

    @Test
    void pendingHandshakeIsWipedWhenAnotherTakesItsPlaceOrItIsForgotten() {
        IndexTable table = new IndexTable(new Random(1));
        StaticKeys self = new StaticKeys(X25519.generatePrivateKey());
        byte[] other = X25519.publicKey(X25519.generatePrivateKey());
        PeerHandshake handshake = new PeerHandshake(other);
        byte[] first = X25519.generatePrivateKey();
        byte[] second = X25519.generatePrivateKey();
        begin(handshake, self, other, first, table);
        begin(handshake, self, other, second, table);
        assertArrayEquals(WIPED, first);
        assertFalse(Arrays.equals(WIPED, second));
        handshake.forget(table);
        assertArrayEquals(WIPED, second);
        assertEquals(0, table.size());
    }

    @Test
    void handshakeThatCannotBeBegunLeavesNoKey() {
        StaticKeys self = new StaticKeys(X25519.generatePrivateKey());
        byte[] ephemeral = X25519.generatePrivateKey();
        byte[] lowOrder = new byte[32];
        assertNull(InitiatorHandshake.begin(self, lowOrder, new byte[32], 1, ephemeral, TIMESTAMP));
        assertArrayEquals(WIPED, ephemeral);
    }

    private static void begin(
            PeerHandshake handshake,
            StaticKeys self,
            byte[] other,
            byte[] ephemeral,
            IndexTable table) {
        Reservation index = table.reserve(0);
        InitiatorHandshake begun =
                InitiatorHandshake.begin(
                        self,
                        other,
                        handshake.staticStatic(self),
                        index.localIndex(),
                        ephemeral,
                        TIMESTAMP);
        handshake.begin(begun, index, table);
    }

    private static void change(TwoPeers two, WireGuardKey psk) {
        two.left.device.submit(
                new DeviceCommand.SetPeer(
                        TwoPeers.peer("right", two.right.privateKey, psk, null, "10.0.0.2/32")));
        two.network.settle();
    }

    private static Keypair keypairOf(byte[] initiation, TestNode node) {
        int index = 0;
        for (int at = 7; at >= 4; at--) {
            index = index << 8 | initiation[at] & 0xff;
        }
        return node.device.indices().keypair(index);
    }

    private static boolean holdsKeys(Keypair keypair) {
        return !isZero(keypair.sendKey()) && !isZero(keypair.receiveKey());
    }

    private static void assertWiped(Keypair keypair) {
        assertTrue(isZero(keypair.sendKey()) && isZero(keypair.receiveKey()));
        assertTrue(keypair.sendKey().isDestroyed() && keypair.receiveKey().isDestroyed());
    }

    private static boolean isZero(PacketKey key) {
        return Arrays.equals(WIPED, key.getEncoded());
    }
}
