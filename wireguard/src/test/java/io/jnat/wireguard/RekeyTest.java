package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.stat.DropReason;
import io.jnat.wireguard.TestNetwork.Datagram;
import io.jnat.wireguard.message.MessageType;
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
    void nothingIsSentUnderASessionOf180Seconds() {
        two.network.pass(180 * SECOND - 1);
        two.forget();
        assertTrue(two.right.device.hasSession(0, two.network.nowNanos));
        two.network.arrives = datagram -> false;
        two.right.send(two.toLeft(1));
        two.network.settle();
        assertEquals(1, two.network.count(two.right.place, MessageType.DATA));
        two.forget();
        two.network.pass(1);
        assertFalse(two.right.device.hasSession(0, two.network.nowNanos));
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
        assertFalse(two.left.device.hasSession(0, two.network.nowNanos));
    }
}
