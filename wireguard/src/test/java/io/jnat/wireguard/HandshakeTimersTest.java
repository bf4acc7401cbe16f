package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.stat.DropReason;
import io.jnat.wireguard.message.MessageType;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Retransmission, giving up, silence, erasure. */
final class HandshakeTimersTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long JITTER = 333_000_000L;

    @AutoClose private final TwoPeers two = TwoPeers.connected();

    @Test
    @Tag("W10")
    void initiationIsRepeatedAfterFiveSecondsAndJitter() {
        two.network.arrives = datagram -> false;
        two.left.send(two.toRight(1));
        two.network.pass(5 * SECOND - 1);
        assertEquals(1, two.network.count(null, MessageType.INITIATION));
        two.network.pass(JITTER + 1);
        assertEquals(2, two.network.count(null, MessageType.INITIATION));
        assertFalse(
                java.util.Arrays.equals(
                        two.network.sent.get(0).bytes(), two.network.sent.get(1).bytes()),
                "each has its own ephemeral key and timestamp");
    }

    @Test
    @Tag("W10")
    void attemptsEndAfter90SecondsAndWhatWaitsIsDropped() {
        two.network.arrives = datagram -> false;
        two.left.send(two.toRight(1));
        two.left.send(two.toRight(2));
        two.network.pass(90 * SECOND - 1);
        long sent = two.network.count(null, MessageType.INITIATION);
        assertTrue(sent >= 17 && sent <= 18, "sent " + sent);
        assertEquals(2, two.left.peer(0).staged());
        two.network.pass(1);
        assertEquals(0, two.left.peer(0).staged());
        assertEquals(2, two.left.device.drops(DropReason.TUNNEL_NO_SESSION));
        assertTrue(two.left.events.contains(new DeviceEvent.HandshakeGivenUp("right")));
        assertEquals(1, two.left.peer(0).failures().get(HandshakeFailure.GIVEN_UP));
        two.network.passSeconds(600);
        assertEquals(sent, two.network.count(null, MessageType.INITIATION), "silent then");
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(sent + 1, two.network.count(null, MessageType.INITIATION), "and again");
    }

    @Test
    @Tag("W10")
    void whatNeverLeftWithoutAPrivateKeyIsNotCountedNorCalledUnanswered() {
        two.left.device.submit(new DeviceCommand.SetPrivateKey(null));
        two.network.settle();
        two.left.send(two.toRight(1));
        two.network.passSeconds(91);
        assertNothingLeft(0, "this end has no private key: set one");
        two.left.device.submit(new DeviceCommand.SetPrivateKey(two.left.privateKey));
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(1, two.right.delivered.size());
        assertEquals(148 + 64, two.left.peer(0).txBytes());
    }

    @Test
    @Tag("W2")
    void whatNeverLeftToALowOrderKeyIsNotCountedNorCalledUnanswered() {
        two.giveLeftAPeerWithALowOrderKey();
        two.left.send(InnerPackets.udp("10.0.0.1", "10.9.0.1", new byte[1]));
        two.network.passSeconds(91);
        assertNothingLeft(1, "its public key can't be used: make a new pair at its end");
    }

    private void assertNothingLeft(int peer, String why) {
        PeerStatus status = two.left.peer(peer);
        assertEquals(0, two.network.sent.size());
        assertEquals(0, status.txBytes());
        assertEquals(0, status.failures().get(HandshakeFailure.NO_ANSWER));
        assertEquals(0, status.failures().get(HandshakeFailure.GIVEN_UP));
        String name = status.config().name();
        assertFalse(two.left.events.contains(new DeviceEvent.HandshakeGivenUp(name)));
        assertTrue(two.left.events.contains(new DeviceEvent.HandshakeImpossible(name, why)));
        assertEquals(0, status.staged());
    }

    @Test
    @Tag("W10")
    void newDataBeginsTheAttemptsAnew() {
        two.network.arrives = datagram -> false;
        for (int second = 0; second < 200; second++) {
            two.left.send(two.toRight(1));
            two.network.pass(SECOND);
        }
        long sent = two.network.count(null, MessageType.INITIATION);
        assertTrue(sent >= 37 && sent <= 41, "every 5 s without an end: " + sent);
        assertEquals(0, two.left.peer(0).failures().get(HandshakeFailure.GIVEN_UP));
    }

    @Test
    @Tag("W10")
    @Tag("W24")
    void whatWaitedIsSentOnceThePeerAnswers() {
        two.network.arrives = datagram -> false;
        two.left.send(two.toRight(1));
        two.left.send(two.toRight(2));
        two.network.passSeconds(30);
        two.network.arrives = datagram -> true;
        two.network.passSeconds(6);
        assertEquals(2, two.right.delivered.size());
    }

    /** Its queue would grow for as long as thousands of peers don't answer. */
    @Test
    @Tag("W8")
    void handshakeThreadThatIsLateIsNotAskedAgain() {
        two.network.settle();
        two.left.send(two.toRight(1));
        for (int round = 0; round < 10; round++) {
            two.network.nowNanos += 6 * SECOND;
            two.left.runTimers();
        }
        assertEquals(1, two.left.device.handshakes().requests().size());
        two.network.settle();
        assertEquals(1, two.network.count(two.left.place, MessageType.INITIATION));
        assertEquals(1, two.right.delivered.size());
    }

    /** Asked anew, it would stand behind all others each time. */
    @Test
    @Tag("W8")
    void initiationThatWaitsKeepsItsTurnAndGoesToTheNewestPlace() {
        two.network.settle();
        two.left.send(two.toRight(1));
        WorkerRequest waiting = two.left.device.handshakes().requests().peek();
        two.left.device.submit(new DeviceCommand.SetPeer(two.rightKeptAlive("192.0.2.7:2000", 0)));
        two.left.commands.forEach(command -> command.apply(two.network.nowNanos));
        two.left.commands.clear();
        two.network.nowNanos += 6 * SECOND;
        two.left.runTimers();
        assertEquals(List.of(waiting), List.copyOf(two.left.device.handshakes().requests()));
        two.network.settle();
        assertEquals(
                "192.0.2.7:2000",
                two.network.sent.stream()
                        .filter(datagram -> datagram.type() == MessageType.INITIATION)
                        .findFirst()
                        .orElseThrow()
                        .to()
                        .toString());
    }

    @Test
    @Tag("W30")
    void initiationThatStillWaitsDoesNotHoldUpTheOneUnderANewKey() {
        WireGuardKey next = WireGuardKey.generatePrivate();
        two.right.device.submit(
                new DeviceCommand.SetPeer(TwoPeers.peer("next", next, null, null, "10.0.0.1/32")));
        two.right.work();
        two.left.send(two.toRight(1));
        two.left.device.submit(new DeviceCommand.SetPrivateKey(next));
        two.network.settle();
        assertEquals(1, two.right.delivered.size());
    }

    @Test
    @Tag("W10")
    void initiationThatStillWaitsDoesNotHoldUpTheOneAfterDownAndUp() {
        two.left.send(two.toRight(1));
        two.left.device.submit(new DeviceCommand.Suspend());
        two.left.device.submit(new DeviceCommand.Resume());
        two.left.commands.forEach(command -> command.apply(two.network.nowNanos));
        two.left.commands.clear();
        two.left.send(two.toRight(2));
        two.network.settle();
        assertEquals(1, two.right.delivered.size());
    }

    @Test
    @Tag("W5")
    @Tag("W10")
    void sessionThatTheOtherEndBeganEndsOwnAttempts() {
        try (TwoPeers both = new TwoPeers(null, null, TwoPeers.RIGHT_PLACE, TwoPeers.LEFT_PLACE)) {
            both.network.arrives = datagram -> datagram.from().sameRemote(both.left.place);
            both.right.send(both.toLeft(1));
            both.network.settle();
            both.network.passSeconds(1);
            both.network.arrives = datagram -> true;
            both.left.send(both.toRight(1));
            both.network.settle();
            assertEquals(1, both.left.delivered.size());
            both.network.passSeconds(60);
            assertEquals(1, both.network.count(both.right.place, MessageType.INITIATION));
            assertEquals(0, both.right.peer(0).failures().get(HandshakeFailure.NO_ANSWER));
        }
    }

    @Test
    @Tag("W6")
    void sendingAResponseHoldsBackOwnInitiations() {
        two.network.arrives =
                datagram ->
                        datagram.from().sameRemote(two.left.place)
                                && datagram.type() == MessageType.INITIATION;
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(1, two.network.count(two.right.place, MessageType.RESPONSE));
        two.right.send(two.toLeft(1));
        two.network.settle();
        assertEquals(0, two.network.count(two.right.place, MessageType.INITIATION));
        two.network.pass(5 * SECOND - 1);
        two.right.send(two.toLeft(1));
        two.network.settle();
        assertEquals(0, two.network.count(two.right.place, MessageType.INITIATION));
        two.network.arrives = datagram -> false;
        two.network.pass(1);
        two.right.send(two.toLeft(1));
        two.network.settle();
        assertEquals(1, two.network.count(two.right.place, MessageType.INITIATION));
    }

    @Test
    @Tag("W11")
    void handshakeIsTriedWhenDataIsNotAnsweredFor15Seconds() {
        two.shakeHands();
        two.network.passSeconds(20); // the keepalives of the first exchange
        two.forget();
        two.network.arrives = datagram -> false;
        two.left.send(two.toRight(1));
        two.network.pass(15 * SECOND - 1);
        assertEquals(0, two.network.count(two.left.place, MessageType.INITIATION));
        two.network.pass(JITTER + 1);
        assertEquals(1, two.network.count(two.left.place, MessageType.INITIATION));
        assertEquals(0, two.network.sent.getLast().to().localLow, "by whatever way there is now");
        assertEquals(two.left.place.low, two.network.sent.getFirst().to().localLow);
    }

    @Test
    @Tag("W11")
    void keepalivesExpectNoAnswer() {
        two.shakeHands();
        two.network.passSeconds(20);
        two.right.send(two.toLeft(1));
        two.network.arrives = datagram -> false;
        two.network.settle();
        two.left.receive(List.of(two.network.sent.getLast()));
        two.forget();
        two.network.passSeconds(9.9);
        two.right.device.submit(new DeviceCommand.RemovePeer(two.left.publicKey));
        two.network.passSeconds(60);
        assertEquals(1, two.network.sent.size(), "the keepalive that confirms what came");
        assertEquals(32, two.network.sent.getFirst().bytes().length);
    }

    @Test
    @Tag("W11")
    void anyAuthenticatedPacketEndsTheSilence() {
        two.shakeHands();
        two.network.passSeconds(20);
        two.left.send(two.toRight(1));
        two.network.passSeconds(14);
        two.right.send(two.toLeft(1));
        two.network.passSeconds(60);
        assertEquals(0, two.network.count(null, MessageType.INITIATION));
    }

    @Test
    @Tag("W15")
    void keysAreWipedNineMinutesAfterTheLastSession() {
        two.shakeHands();
        long shaken = two.network.nowNanos;
        two.network.pass(540 * SECOND - 1);
        assertTrue(two.left.peer(0).sessionAge() != null);
        assertEquals(1, two.left.device.indices().size());
        two.network.pass(1);
        assertNull(two.left.peer(0).sessionAge());
        assertEquals(540 * SECOND, two.network.nowNanos - shaken);
        assertEquals(0, two.left.device.indices().size());
        assertEquals(0, two.right.device.indices().size());
    }

    @Test
    @Tag("W15")
    void pendingHandshakeIsForgottenNineMinutesAfterGivingUp() {
        two.network.arrives = datagram -> false;
        two.left.send(two.toRight(1));
        two.network.passSeconds(90);
        assertEquals(1, two.left.device.indices().size());
        two.network.passSeconds(541);
        assertEquals(0, two.left.device.indices().size());
    }
}
