package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.wireguard.message.MessageType;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The interface goes down and comes up again. */
final class SuspendTest {
    @AutoClose private final TwoPeers two = TwoPeers.connected();

    @Test
    void downItForgetsItsSessionsAndUpItShakesHandsForWhatWaits() {
        two.shakeHands();
        submit(new DeviceCommand.Suspend());
        assertFalse(two.left.hasSession());
        assertNull(two.left.peer(0).sessionAge());
        assertEquals(0, two.left.device.indices().size());
        two.network.passSeconds(10);
        two.left.send(two.toRight(1));
        two.network.passSeconds(700);
        assertEquals(0, sentByLeft());
        submit(new DeviceCommand.Resume());
        assertEquals(1, two.right.delivered.size());
    }

    @Test
    void downItDropsWhatWaitsAndEndsItsAttempts() {
        two.network.arrives = datagram -> false;
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(1, two.left.peer(0).staged());
        submit(new DeviceCommand.Suspend());
        assertEquals(0, two.left.peer(0).staged());
        assertEquals(0, two.left.device.indices().size(), "no answer is waited for");
        two.network.passSeconds(200);
        assertEquals(1, sentByLeft());
        assertEquals(0, two.left.peer(0).failures().get(HandshakeFailure.NO_ANSWER));
        assertTrue(two.left.events.isEmpty());
        submit(new DeviceCommand.Resume());
        two.network.passSeconds(200);
        assertEquals(1, sentByLeft(), "nobody wants a session any more");
    }

    @Test
    void upItShakesHandsAtOnceAlsoIfItDidJustBefore() {
        two.network.arrives = datagram -> false;
        two.left.send(two.toRight(1));
        two.network.settle();
        submit(new DeviceCommand.Suspend());
        two.left.send(two.toRight(1));
        two.network.arrives = datagram -> true;
        submit(new DeviceCommand.Resume());
        assertEquals(2, two.network.count(two.left.place, MessageType.INITIATION));
        assertEquals(1, two.right.delivered.size());
    }

    @Test
    void persistentKeepalivesRestWhileItIsDown() {
        submit(new DeviceCommand.SetPeer(two.rightKeptAlive(TwoPeers.RIGHT_PLACE, 25)));
        assertTrue(two.left.hasSession());
        submit(new DeviceCommand.Suspend());
        two.forget();
        two.network.passSeconds(300);
        submit(new DeviceCommand.SetPeer(two.rightKeptAlive(TwoPeers.RIGHT_PLACE, 20)));
        two.network.passSeconds(300);
        assertEquals(0, sentByLeft());
        submit(new DeviceCommand.Resume());
        assertTrue(two.left.hasSession());
        two.forget();
        two.network.passSeconds(20);
        assertEquals(1, sentByLeft());
    }

    private void submit(DeviceCommand command) {
        two.left.device.submit(command);
        two.network.pass(0);
    }

    private long sentByLeft() {
        return two.network.sent.stream()
                .filter(datagram -> datagram.from().sameRemote(two.left.place))
                .count();
    }
}
