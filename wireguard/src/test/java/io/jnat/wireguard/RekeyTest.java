package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import io.jnat.core.stat.DropReason;
import io.jnat.wireguard.TestNetwork.Datagram;
import io.jnat.wireguard.crypto.JdkPacketCipher;
import io.jnat.wireguard.message.DataMessage;
import io.jnat.wireguard.message.MessageType;
import io.jnat.wireguard.session.Keypair;
import io.jnat.wireguard.session.SessionCounters;
import io.jnat.wireguard.timer.WireGuardTiming;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** When a session is renewed, and when it is dead. Left is the initiator. */
@Tag("W14")
final class RekeyTest {
    private static final long SECOND = 1_000_000_000L;

    @AutoClose private final TwoPeers two = TwoPeers.connected();

    @BeforeEach
    void shakeHands() {
        two.shakeHands();
    }

    @Test
    void initiatorRenewsWhenItSendsAfter120Seconds() {
        two.network.pass(120 * SECOND - 1);
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(0, two.network.count(null, MessageType.INITIATION));
        two.network.pass(1);
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(1, two.network.count(two.left.place, MessageType.INITIATION));
        assertEquals(2, two.left.peer(0).sessions());
        assertEquals(2, two.right.delivered.size(), "nothing is lost meanwhile");
    }

    @Test
    void responderDoesNotRenewBy120Seconds() {
        two.network.pass(121 * SECOND);
        two.right.send(two.toLeft(1));
        two.network.settle();
        assertEquals(1, two.left.delivered.size());
        assertEquals(0, two.network.count(null, MessageType.INITIATION));
    }

    @Test
    void initiatorRenewsOnceWhenItReceivesAfter165Seconds() {
        two.network.pass(165 * SECOND - 1);
        two.network.arrives = datagram -> datagram.from().sameRemote(two.right.place);
        two.right.send(two.toLeft(1));
        two.network.settle();
        assertEquals(0, two.network.count(null, MessageType.INITIATION));
        two.network.pass(1);
        two.right.send(two.toLeft(1));
        two.network.settle();
        assertEquals(1, two.network.count(two.left.place, MessageType.INITIATION));
        two.right.send(two.toLeft(1));
        two.network.settle();
        assertEquals(1, two.network.count(two.left.place, MessageType.INITIATION), "once");
    }

    @Test
    @Tag("W3")
    void wallClocksThatJumpByHoursChangeNothing() {
        long sessions = 1;
        for (int hours : new int[] {5, -20, 1000, 0}) {
            two.left.wallClockAheadSeconds = hours * 3600L;
            two.right.wallClockAheadSeconds = hours * -3600L;
            two.network.pass(120 * SECOND - 1);
            two.left.send(two.toRight(1));
            two.network.settle();
            assertEquals(sessions, two.left.peer(0).sessions(), "not before its time");
            two.network.pass(1);
            two.left.send(two.toRight(1));
            two.network.settle();
            assertEquals(++sessions, two.left.peer(0).sessions());
        }
        assertEquals(8, two.right.delivered.size());
        assertEquals(0, two.right.peer(0).failures().get(HandshakeFailure.REPLAYED_INITIATION));
    }

    @Test
    void nothingIsSentUnderASessionOf180Seconds() {
        two.network.pass(180 * SECOND - 1);
        two.forget();
        assertTrue(two.right.hasSession());
        two.network.arrives = datagram -> false;
        two.right.send(two.toLeft(1));
        two.network.settle();
        assertEquals(1, two.network.count(two.right.place, MessageType.DATA));
        two.forget();
        two.network.pass(1);
        assertFalse(two.right.hasSession());
        two.right.send(two.toLeft(1));
        two.network.settle();
        assertEquals(0, two.network.count(two.right.place, MessageType.DATA));
        assertEquals(1, two.network.count(two.right.place, MessageType.INITIATION));
        assertEquals(1, two.right.peer(0).staged());
    }

    @Test
    void nothingIsAcceptedUnderASessionOf180Seconds() {
        two.network.arrives = datagram -> false;
        two.left.send(two.toRight(1));
        two.left.send(two.toRight(2));
        List<Datagram> held = List.copyOf(two.network.sent);
        two.network.nowNanos += 180 * SECOND - 1;
        two.right.receive(held.subList(0, 1));
        assertEquals(1, two.right.delivered.size());
        two.network.nowNanos += 1;
        two.right.receive(held.subList(1, 2));
        assertEquals(1, two.right.delivered.size());
        assertEquals(List.of(DropReason.TUNNEL_EXPIRED_KEY), two.right.drops);
    }

    @Test
    void previousSessionStillDecryptsAfterRenewal() {
        two.network.pass(120 * SECOND);
        two.network.arrives = datagram -> false;
        two.right.send(two.toLeft(9));
        Datagram held = two.network.sent.getLast();
        two.network.arrives = datagram -> true;
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(2, two.left.peer(0).sessions());
        two.left.delivered.clear();
        two.left.receive(List.of(held));
        assertEquals(1, two.left.delivered.size());
    }

    @Test
    void sessionIsRenewedAndEndsByMessageCount() {
        Peer peer = two.right.device.peer(0);
        SessionCounters.set(peer.sessions().current(), (1L << 60) - 1);
        two.right.send(two.toLeft(1));
        two.network.settle();
        assertEquals(0, two.network.count(null, MessageType.INITIATION));
        two.network.passSeconds(6);
        two.right.send(two.toLeft(1));
        two.network.settle();
        assertEquals(
                1,
                two.network.count(two.right.place, MessageType.INITIATION),
                "the responder renews too when it is by count");
    }

    @Test
    void noCounterPastTheLimitIsSent() {
        two.network.arrives = datagram -> datagram.type() == MessageType.DATA;
        Peer peer = two.left.device.peer(0);
        SessionCounters.set(peer.sessions().current(), WireGuardTiming.REJECT_AFTER_MESSAGES - 1);
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(1, two.right.delivered.size());
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(1, two.right.delivered.size());
        assertEquals(1, two.left.peer(0).staged());
        assertFalse(two.left.hasSession());
    }

    @Test
    void noSuperFrameReachesPastTheLimit() {
        two.network.arrives = datagram -> datagram.type() == MessageType.DATA;
        Keypair current = two.left.device.peer(0).sessions().current();
        SessionCounters.set(current, WireGuardTiming.REJECT_AFTER_MESSAGES - 20);
        try (Slab slab = Slab.allocate(70_000)) {
            assertNull(two.left.send(DataTest.udpSuperFrame(slab, new byte[20_000], 1000)));
            assertEquals(20, two.network.count(two.left.place, MessageType.DATA));
            two.network.settle();
            assertEquals(20, two.right.delivered.size(), "all of them are below it");
            SessionCounters.set(current, WireGuardTiming.REJECT_AFTER_MESSAGES - 19);
            assertNull(two.left.send(DataTest.udpSuperFrame(slab, new byte[20_000], 1000)));
        }
        assertEquals(20, two.network.count(two.left.place, MessageType.DATA));
        assertEquals(1, two.left.peer(0).staged());
    }

    @Test
    void packetsThatWaitStopAtTheLimit() {
        Peer peer = two.left.device.peer(0);
        two.network.arrives = datagram -> datagram.type() == MessageType.DATA;
        two.network.passSeconds(180); // the session is too old, so that packets wait
        for (int number = 0; number < 10; number++) {
            two.left.send(two.toRight(number));
        }
        assertEquals(10, two.left.peer(0).staged());
        two.network.arrives = datagram -> true;
        two.left.beforeTimers =
                () ->
                        SessionCounters.set(
                                peer.sessions().current(),
                                WireGuardTiming.REJECT_AFTER_MESSAGES - 4);
        two.network.pass(6 * SECOND);
        List<Datagram> data =
                two.network.sent.stream()
                        .filter(d -> d.type() == MessageType.DATA && d.bytes()[15] == -1)
                        .toList();
        assertEquals(4, data.size());
        two.network.pass(6 * SECOND);
        two.left.send(two.toRight(10)); // asks for another session, which takes the others
        two.network.settle();
        assertEquals(11, two.right.delivered.size());
        for (int at = 0; at <= 10; at++) {
            assertArrayEquals(two.toRight(at), two.right.delivered.get(at));
        }
    }

    @Test
    @Tag("W20")
    void authenticMessageAtTheLimitIsRefused() {
        Keypair current = two.left.device.peer(0).sessions().current();
        SessionCounters.set(current, WireGuardTiming.REJECT_AFTER_MESSAGES - 1);
        two.network.arrives = datagram -> datagram.type() == MessageType.DATA;
        two.right.receive(List.of(sealedByLeft(current)));
        assertEquals(List.of(), two.right.drops);
        two.right.receive(List.of(sealedByLeft(current)));
        assertEquals(List.of(DropReason.TUNNEL_EXPIRED_KEY), two.right.drops);
        assertEquals(1, two.right.peer(0).keepalivesReceived(), "the one below the limit");
    }

    /** A keepalive under the session's next counter, whatever that is. */
    private Datagram sealedByLeft(Keypair keypair) {
        try (Slab slab = Slab.allocate(64)) {
            long at = slab.address();
            long counter = keypair.nextSendCounter();
            DataMessage.writeHeader(at, keypair.remoteIndex(), counter);
            new JdkPacketCipher()
                    .seal(
                            keypair.sendKey(),
                            new long[] {at + DataMessage.HEADER_BYTES},
                            new int[] {0},
                            new long[] {counter},
                            0,
                            1);
            byte[] message = new byte[DataMessage.OVERHEAD_BYTES];
            Memory.copy(at, message, 0, message.length);
            return new Datagram(two.left.place, two.right.place, message, 0);
        }
    }

    @Test
    void initiatorAlsoRenewsByMessageCountAndOnlyPastIt() {
        Keypair current = two.left.device.peer(0).sessions().current();
        SessionCounters.set(current, WireGuardTiming.REKEY_AFTER_MESSAGES - 1);
        two.left.send(two.toRight(1));
        two.network.passSeconds(6);
        assertEquals(0, two.network.count(null, MessageType.INITIATION));
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(1, two.network.count(two.left.place, MessageType.INITIATION));
        assertEquals(2, two.left.peer(0).sessions());
    }

    @Test
    void responderDoesNotRenewWhenItReceivesAfter165Seconds() {
        two.network.pass(166 * SECOND);
        two.network.arrives = datagram -> datagram.type() == MessageType.DATA;
        two.left.send(two.toRight(1)); // it renews by 120 s, in vain
        two.network.settle();
        assertEquals(1, two.right.delivered.size());
        assertEquals(0, two.network.count(two.right.place, MessageType.INITIATION));
    }

    @Test
    void receivingMoreAfter165SecondsDoesNotBeginTheAttemptsAnew() {
        two.network.pass(165 * SECOND);
        two.network.arrives = datagram -> datagram.from().sameRemote(two.right.place);
        two.right.send(two.toLeft(1));
        two.network.pass(9 * SECOND);
        two.right.send(two.toLeft(1));
        two.network.settle();
        assertEquals(2, two.left.delivered.size());
        two.network.pass(81 * SECOND - 1);
        assertEquals(0, two.left.peer(0).failures().get(HandshakeFailure.GIVEN_UP));
        two.network.pass(1);
        assertEquals(
                1,
                two.left.peer(0).failures().get(HandshakeFailure.GIVEN_UP),
                "90 s after the first that came in");
    }
}
