package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Endpoint;
import io.jnat.core.stat.DropReason;
import io.jnat.wireguard.TestNetwork.Datagram;
import io.jnat.wireguard.cookie.MacStamp;
import io.jnat.wireguard.crypto.X25519;
import io.jnat.wireguard.message.MessageType;
import io.jnat.wireguard.noise.InitiatorHandshake;
import io.jnat.wireguard.noise.StaticKeys;
import io.jnat.wireguard.noise.Tai64n;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two devices back to back: handshake, data, roles. */
final class SessionTest {
    @AutoClose private TwoPeers two = TwoPeers.connected();

    @Test
    @Tag("W1")
    void firstPacketMakesASessionAndArrives() {
        byte[] inner = two.toRight(100);
        assertNull(two.left.send(inner));
        two.network.settle();
        assertEquals(1, two.right.delivered.size());
        assertArrayEquals(inner, two.right.delivered.getFirst());
        byte[] back = two.toLeft(33);
        assertNull(two.right.send(back));
        two.network.settle();
        assertArrayEquals(back, two.left.delivered.getFirst());
        assertEquals(1, two.network.count(null, MessageType.INITIATION));
        assertEquals(1, two.network.count(null, MessageType.RESPONSE));
        assertEquals(
                1,
                two.network.count(two.left.place, MessageType.DATA),
                "what waits confirms the session; no keepalive besides");
        assertTrue(two.left.drops.isEmpty() && two.right.drops.isEmpty());
        assertTrue(two.right.events.contains(new DeviceEvent.SessionEstablished("left", false)));
        assertTrue(two.left.events.contains(new DeviceEvent.SessionEstablished("right", true)));
    }

    @Test
    @Tag("W1")
    void ipv6InsideAndOutsideWorks() {
        two.close();
        two = new TwoPeers(null, null, TwoPeers.RIGHT_PLACE, null);
        two.right.moveTo("[2001:db8::2]:2000");
        two.left.device.submit(
                new DeviceCommand.SetPeer(
                        TwoPeers.peer(
                                "right",
                                two.right.privateKey,
                                null,
                                "[2001:db8::2]:2000",
                                "fd00::2/128")));
        two.network.settle();
        byte[] inner = InnerPackets.udp("fd00::1", "fd00::2", new byte[77]);
        assertNull(two.left.send(inner));
        two.network.settle();
        assertArrayEquals(inner, two.right.delivered.getFirst());
    }

    @Test
    @Tag("W5")
    void initiatorConfirmsAtOnceAlsoWithoutData() {
        two.left.device.submit(
                new DeviceCommand.SetPeer(two.rightKeptAlive(TwoPeers.RIGHT_PLACE, 25)));
        two.network.settle();
        assertEquals(1, two.network.count(two.left.place, MessageType.DATA));
        assertEquals(32, two.network.sent.getLast().bytes().length);
        assertEquals(1, two.right.peer(0).keepalivesReceived());
        assertNull(two.right.send(two.toLeft(1)), "the responder may send now");
        two.network.settle();
        assertEquals(1, two.left.delivered.size());
    }

    @Test
    @Tag("W5")
    void responderDoesNotSendDataBeforeTheInitiatorConfirmed() {
        two.network.arrives = datagram -> datagram.type() != MessageType.DATA;
        two.left.send(two.toRight(1));
        two.network.settle();
        two.right.send(two.toLeft(1));
        two.network.settle();
        assertEquals(0, two.network.count(two.right.place, MessageType.DATA));
        assertEquals(1, two.right.peer(0).staged());
        two.network.arrives = datagram -> true;
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(1, two.network.count(two.right.place, MessageType.DATA));
        assertEquals(1, two.left.delivered.size());
    }

    /** The handshake thread's answer is on the wire before the engine has heard of the session. */
    @Test
    @Tag("W5")
    void dataThatOvertakesTheNewsOfItsSessionCounts() {
        two.network.arrives = datagram -> datagram.from().sameRemote(two.right.place);
        two.left.send(two.toRight(7));
        two.left.work();
        two.right.receive(List.of(two.network.sent.getFirst()));
        assertTrue(two.right.worker.work());
        assertEquals(1, two.right.commands.size(), "not yet the engine's");
        two.right.receive(List.of(firstDataOfLeft()));
        assertEquals(1, two.right.delivered.size());
        assertTrue(two.right.hasSession());
        two.network.settle();
        assertEquals(1, two.right.peer(0).sessions(), "one, not two");
        assertTrue(two.right.hasSession());
        two.right.send(two.toLeft(1));
        two.network.settle();
        assertEquals(1, two.left.delivered.size());
    }

    /** The response is on the wire; left takes it and sends. */
    private Datagram firstDataOfLeft() {
        while (two.network.count(two.left.place, MessageType.DATA) == 0) {
            two.network.sent.stream()
                    .filter(d -> d.type() == MessageType.RESPONSE)
                    .findFirst()
                    .ifPresent(response -> two.left.receive(List.of(response)));
            two.left.work();
            two.left.runTimers();
        }
        return two.network.sent.getLast();
    }

    @Test
    @Tag("W22")
    void newsOfASessionDoNotMoveTheEndpointBackFromWhereDataHasCome() {
        two.network.arrives = datagram -> datagram.from().sameRemote(two.right.place);
        two.left.send(two.toRight(7));
        two.left.work();
        two.right.receive(List.of(two.network.sent.getFirst()));
        assertTrue(two.right.worker.work());
        Datagram data = firstDataOfLeft();
        Endpoint moved = new Endpoint();
        moved.set(TestNode.address("192.0.2.9:9"));
        two.right.receive(List.of(new Datagram(moved, data.to(), data.bytes(), data.tos())));
        assertEquals(1, two.right.commands.size(), "not yet the engine's");
        two.network.settle();
        assertEquals("192.0.2.9:9", two.right.peer(0).endpoint());
    }

    /** The own key changes while the handshake thread still answers with the one before. */
    @Test
    @Tag("W30")
    void dataOfASessionThatTheNewOwnKeyEndsDoesNotCountAlthoughItOvertakesItsNews() {
        two.network.arrives = datagram -> datagram.from().sameRemote(two.right.place);
        two.left.send(two.toRight(7));
        two.left.work();
        two.right.receive(List.of(two.network.sent.getFirst()));
        two.right.device.submit(new DeviceCommand.SetPrivateKey(WireGuardKey.generatePrivate()));
        assertTrue(two.right.worker.work());
        two.right.commands.removeFirst().apply(two.network.nowNanos);
        assertEquals(1, two.right.commands.size(), "the session's news");
        two.right.receive(List.of(firstDataOfLeft()));
        two.network.settle();
        assertFalse(two.right.hasSession());
        two.right.send(two.toLeft(1));
        two.network.settle();
        assertEquals(0, two.network.count(two.right.place, 0), "zeros are no message");
        assertEquals(0, two.right.delivered.size());
        assertEquals(List.of(DropReason.TUNNEL_UNKNOWN_INDEX), two.right.drops);
    }

    @Test
    @Tag("W5")
    void simultaneousInitiationsGiveASessionAtOnce() {
        two.close();
        two = new TwoPeers(null, null, TwoPeers.RIGHT_PLACE, TwoPeers.LEFT_PLACE);
        two.left.send(two.toRight(5));
        two.right.send(two.toLeft(5));
        two.network.settle();
        assertEquals(2, two.network.count(null, MessageType.INITIATION));
        assertEquals(1, two.right.delivered.size());
        assertEquals(1, two.left.delivered.size());
        for (int round = 0; round < 10; round++) {
            two.left.send(two.toRight(5));
            two.right.send(two.toLeft(5));
            two.network.settle();
        }
        assertEquals(11, two.right.delivered.size());
        assertEquals(11, two.left.delivered.size());
        two.network.passSeconds(30);
        assertEquals(2, two.network.count(null, MessageType.INITIATION), "no third one needed");
    }

    @Test
    @Tag("W1")
    void presharedKeyMustMatch() {
        two.close();
        WireGuardKey psk = WireGuardKey.generatePrivate();
        two = new TwoPeers(psk, psk, TwoPeers.RIGHT_PLACE, null);
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(1, two.right.delivered.size());

        two.close();
        two = new TwoPeers(psk, null, TwoPeers.RIGHT_PLACE, null);
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(0, two.right.delivered.size());
        assertEquals(1, two.left.peer(0).failures().get(HandshakeFailure.BAD_RESPONSE));
        assertEquals(1, two.left.device.drops(DropReason.TUNNEL_BAD_HANDSHAKE));
    }

    @Test
    @Tag("W30")
    void changedPresharedKeyCountsFromTheNextHandshake() {
        two.shakeHands();
        WireGuardKey psk = WireGuardKey.generatePrivate();
        two.left.device.submit(
                new DeviceCommand.SetPeer(
                        TwoPeers.peer("right", two.right.privateKey, psk, null, "10.0.0.2/32")));
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(1, two.right.delivered.size(), "the session goes on");
        two.network.passSeconds(121);
        two.left.send(two.toRight(1)); // wants a rekey
        two.network.settle();
        assertEquals(1, two.left.peer(0).failures().get(HandshakeFailure.BAD_RESPONSE));
        two.right.device.submit(
                new DeviceCommand.SetPeer(
                        TwoPeers.peer("left", two.left.privateKey, psk, null, "10.0.0.1/32")));
        two.network.passSeconds(6);
        assertEquals(2, two.left.peer(0).sessions());
    }

    @Test
    @Tag("W4")
    void sessionsAreNamedByTheReceiversIndex() {
        two.shakeHands();
        two.left.send(two.toRight(1));
        two.right.send(two.toLeft(1));
        Datagram toRight = two.network.sent.get(0);
        Datagram toLeft = two.network.sent.get(1);
        assertTrue(!java.util.Arrays.equals(toRight.bytes(), 4, 8, toLeft.bytes(), 4, 8));
        toRight.bytes()[5] ^= 1;
        two.network.settle();
        assertEquals(List.of(DropReason.TUNNEL_UNKNOWN_INDEX), two.right.drops);
    }

    @Test
    @Tag("W25")
    void handshakesCarryAf41() {
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(0x88, two.network.sent.get(0).tos());
        assertEquals(0x88, two.network.sent.get(1).tos());
        assertEquals(0, two.network.sent.get(2).tos());
        two.network.passSeconds(10);
        assertEquals(32, two.network.sent.getLast().bytes().length);
        assertEquals(0, two.network.sent.getLast().tos(), "a keepalive");
    }

    @Test
    @Tag("W2")
    void peerWithALowOrderKeyIsNeverSentTo() {
        two.giveLeftAPeerWithALowOrderKey();
        assertNull(two.left.send(InnerPackets.udp("10.0.0.1", "10.9.0.1", new byte[1])));
        two.network.settle();
        assertEquals(0, two.network.sent.size());
        assertEquals(1, two.left.peer(1).failures().get(HandshakeFailure.UNUSABLE_PUBLIC_KEY));
    }

    /** Who knows both public keys can make all of an initiation but its timestamp. */
    @Test
    @Tag("W1")
    void initiationInAPeersNameWithoutItsPrivateKeyIsRefused() {
        byte[] guessed = WireGuardKey.generatePrivate().toBytes();
        byte[] rightKey = two.right.publicKey.toBytes();
        InitiatorHandshake forged =
                InitiatorHandshake.begin(
                        new StaticKeys(two.left.privateKey.toBytes()), // its public one is used
                        rightKey,
                        guessed,
                        7,
                        X25519.generatePrivateKey(),
                        new Tai64n().next(Instant.ofEpochSecond(1_800_000_000)));
        assertNotNull(forged);
        new MacStamp(rightKey).stamp(forged.message(), two.network.nowNanos);
        two.network.send(new Datagram(two.left.place, two.right.place, forged.message(), 0));
        two.network.settle();
        assertEquals(1, two.right.device.drops(DropReason.TUNNEL_BAD_HANDSHAKE));
        assertEquals(1, two.network.sent.size(), "no answer");
        assertEquals(0, two.right.peer(0).failures().get(HandshakeFailure.REPLAYED_INITIATION));
        two.shakeHands();
    }

    @Test
    @Tag("W3")
    void replayedInitiationIsRefused() {
        two.left.send(two.toRight(1));
        two.network.settle();
        Datagram initiation = two.network.sent.getFirst();
        two.forget();
        two.network.passSeconds(1);
        two.network.send(initiation);
        two.network.settle();
        assertEquals(0, two.network.count(two.right.place, MessageType.RESPONSE));
        assertEquals(1, two.right.peer(0).failures().get(HandshakeFailure.REPLAYED_INITIATION));
    }

    @Test
    @Tag("W3")
    void replayIsRefusedAlsoAfterAnotherHandshake() {
        two.left.send(two.toRight(1));
        two.network.settle();
        Datagram initiation = two.network.sent.getFirst();
        two.network.passSeconds(121);
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(2, two.network.count(two.right.place, MessageType.RESPONSE));
        two.network.send(initiation);
        two.network.settle();
        assertEquals(2, two.network.count(two.right.place, MessageType.RESPONSE));
    }

    /**
     * With one clock for all, that of a hub that calls many would be ahead when it starts again.
     */
    @Test
    @Tag("W3")
    void hubThatIsStartedAgainIsNoReplayForItsPeers() {
        WireGuardKey key = WireGuardKey.generatePrivate();
        two.right.device.submit(
                new DeviceCommand.SetPeer(TwoPeers.peer("hub", key, null, null, "10.0.0.9/32")));
        PeerConfig right =
                TwoPeers.peer(
                        "right", two.right.privateKey, null, TwoPeers.RIGHT_PLACE, "10.0.0.2/32");
        byte[] inner = InnerPackets.udp("10.0.0.9", "10.0.0.2", new byte[1]);
        String place = "192.0.2.9:1000";
        try (TestNode hub = new TestNode(two.network, place, key)) {
            for (int number = 0; number < 100; number++) {
                WireGuardKey other = WireGuardKey.generatePrivate();
                hub.device.submit(
                        new DeviceCommand.SetPeer(
                                TwoPeers.peer(
                                        "other", other, null, "192.0.2.3:" + (3000 + number))));
            }
            hub.device.submit(new DeviceCommand.NetworkChanged());
            two.network.settle();
            hub.device.submit(new DeviceCommand.SetPeer(right));
            two.network.settle();
            hub.send(inner);
            two.network.settle();
            assertEquals(1, two.right.delivered.size());
        }
        two.network.passSeconds(0.5);
        try (TestNode again = new TestNode(two.network, place, key, right)) {
            again.send(inner);
            two.network.settle();
            assertEquals(2, two.right.delivered.size());
        }
    }

    /** The other end takes what is dated before its last initiation for a replay. */
    @Test
    @Tag("W3")
    void peerThatIsAddedAgainAfterTheWallClockWasSetBackIsAnswered() {
        two.shakeHands();
        two.left.wallClockAheadSeconds = -86_400;
        two.left.device.submit(new DeviceCommand.RemovePeer(two.right.publicKey));
        two.left.device.submit(
                new DeviceCommand.SetPeer(two.rightKeptAlive(TwoPeers.RIGHT_PLACE, 0)));
        two.network.passSeconds(1);
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(1, two.right.delivered.size());
    }

    @Test
    void otherEngineThreadWakesTheOneThatRunsTheTimers() throws InterruptedException {
        two.shakeHands();
        two.network.passSeconds(30);
        two.network.arrives = datagram -> false;
        two.left.send(two.toRight(1));
        Datagram data = two.network.sent.getLast();
        two.right.nextDeadlineNanos(); // what this thread would wait for
        assertTrue(two.right.commands.isEmpty());
        Thread other = new Thread(() -> two.right.receive(List.of(data)));
        other.start();
        other.join();
        assertEquals(1, two.right.delivered.size());
        assertEquals(1, two.right.commands.size(), "a keepalive is due in 10 s now");
        two.right.receive(List.of(data)); // this thread needs no waking
        assertEquals(1, two.right.commands.size());
    }
}
