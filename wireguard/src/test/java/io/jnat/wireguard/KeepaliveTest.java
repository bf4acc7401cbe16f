package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.wireguard.TestNetwork.Datagram;
import io.jnat.wireguard.message.MessageType;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Passive and persistent keepalives. */
final class KeepaliveTest {
    private static final long SECOND = 1_000_000_000L;

    @AutoClose private final TwoPeers two = TwoPeers.connected();

    @Test
    @Tag("W12")
    void receivedDataIsConfirmedAfterTenSecondsOfSilence() {
        two.shakeHands();
        two.network.passSeconds(30);
        two.forget();
        two.left.send(two.toRight(1));
        two.network.pass(10 * SECOND - 1);
        assertEquals(0, sentBy(two.right));
        two.network.pass(1);
        assertEquals(1, sentBy(two.right));
        assertEquals(32, two.network.sent.getLast().bytes().length);
    }

    @Test
    @Tag("W12")
    @Tag("W22")
    void dataWhoseInnerSourceIsRefusedIsConfirmedToo() {
        two.shakeHands();
        two.network.passSeconds(30);
        two.forget();
        two.left.send(InnerPackets.udp("10.66.0.1", "10.0.0.2", new byte[1]));
        two.network.passSeconds(10);
        assertEquals(1, two.right.peer(0).notAllowed());
        assertEquals(1, sentBy(two.right));
    }

    @Test
    @Tag("W12")
    void twoIdlePeersFallSilent() {
        two.shakeHands();
        two.left.send(two.toRight(1));
        two.network.passSeconds(30);
        two.forget();
        two.network.passSeconds(100);
        assertEquals(0, two.network.sent.size(), "keepalives are not answered by keepalives");
    }

    @Test
    @Tag("W12")
    void sendingDataSparesTheKeepalive() {
        two.shakeHands();
        two.network.passSeconds(30);
        two.forget();
        two.left.send(two.toRight(1));
        two.network.passSeconds(9);
        two.right.send(two.toLeft(1));
        two.network.passSeconds(2);
        assertEquals(0, keepalives());
    }

    @Test
    @Tag("W12")
    void oneKeepaliveConfirmsAllDataBeforeIt() {
        two.shakeHands();
        two.network.passSeconds(30);
        two.forget();
        two.left.send(two.toRight(1));
        two.network.passSeconds(5);
        two.left.send(two.toRight(1));
        two.network.passSeconds(5);
        assertEquals(1, sentBy(two.right));
        two.network.passSeconds(1);
        two.left.send(two.toRight(1));
        two.network.passSeconds(9.9);
        assertEquals(1, sentBy(two.right));
        two.network.passSeconds(0.1);
        assertEquals(2, sentBy(two.right));
    }

    @Test
    @Tag("W13")
    void persistentKeepaliveGoesOutAtOnceAndThenAtItsInterval() {
        setKeepalive(25);
        two.network.settle();
        assertEquals(1, two.network.count(two.left.place, MessageType.INITIATION));
        assertEquals(1, keepalives());
        two.network.pass(25 * SECOND - 1);
        assertEquals(1, keepalives());
        two.network.pass(1);
        assertEquals(2, keepalives());
        two.network.passSeconds(25 * 3);
        assertEquals(5, keepalives());
    }

    @Test
    @Tag("W13")
    void trafficRestartsThePersistentKeepalive() {
        two.shakeHands();
        setKeepalive(25);
        two.network.settle();
        two.forget();
        for (int round = 0; round < 20; round++) {
            two.network.passSeconds(5);
            two.left.send(two.toRight(1));
            two.right.send(two.toLeft(1));
            two.network.settle();
        }
        assertEquals(0, keepalives());
        two.network.arrives = datagram -> datagram.from().sameRemote(two.right.place);
        two.right.send(two.toLeft(1)); // receiving alone restarts it too
        two.network.settle();
        two.forget();
        two.network.pass(25 * SECOND - 1);
        assertEquals(1, keepalives(), "the passive one only");
    }

    @Test
    @Tag("W13")
    void persistentKeepaliveCanBeTurnedOff() {
        setKeepalive(25);
        two.network.settle();
        setKeepalive(0);
        two.network.settle();
        two.forget();
        two.network.passSeconds(150);
        assertEquals(0, two.network.sent.size());
    }

    @Test
    @Tag("W13")
    @Tag("W14")
    void persistentKeepaliveKeepsASessionForHours() {
        setKeepalive(25);
        two.network.passSeconds(3600);
        assertTrue(two.left.hasSession());
        assertTrue(two.right.hasSession());
        long sessions = two.left.peer(0).sessions();
        assertTrue(sessions >= 23 && sessions <= 31, "sessions " + sessions);
        assertTrue(two.left.device.indices().size() <= 4, "no index is left behind");
        assertTrue(two.right.device.indices().size() <= 4);
    }

    @Test
    @Tag("W13")
    void intervalsAreOneSecondToEighteenHours() {
        setKeepalive(1);
        two.network.settle();
        two.network.pass(SECOND - 1);
        assertEquals(1, keepalives());
        two.network.pass(1);
        assertEquals(2, keepalives());
        setKeepalive(0);
        two.network.passSeconds(600);
        two.forget();
        two.network.arrives = datagram -> datagram.type() != MessageType.DATA;
        setKeepalive(65_535);
        two.network.settle();
        long first = two.network.count(two.left.place, MessageType.INITIATION);
        assertEquals(1, first);
        // the last authenticated packet was the keepalive that confirms the session
        two.network.pass(65_535 * SECOND - 1);
        assertEquals(1, two.network.count(two.left.place, MessageType.INITIATION));
        two.network.pass(1);
        assertEquals(2, two.network.count(two.left.place, MessageType.INITIATION));
        assertThrows(IllegalArgumentException.class, () -> setKeepalive(65_536));
        assertThrows(IllegalArgumentException.class, () -> setKeepalive(-1));
    }

    @Test
    @Tag("W13")
    void peerThatIsAddedWithAnIntervalHearsOfUsAtOnce() {
        two.left.device.submit(new DeviceCommand.RemovePeer(two.right.publicKey));
        two.network.settle();
        two.left.device.submit(
                new DeviceCommand.SetPeer(two.rightKeptAlive(TwoPeers.RIGHT_PLACE, 25)));
        two.network.settle();
        assertEquals(1, keepalives());
    }

    @Test
    @Tag("W13")
    void changedIntervalCountsFromTheChange() {
        setKeepalive(25);
        two.network.passSeconds(20);
        setKeepalive(50);
        two.network.settle();
        assertEquals(1, keepalives(), "it was on already");
        two.network.pass(50 * SECOND - 1);
        assertEquals(1, keepalives());
        two.network.pass(1);
        assertEquals(2, keepalives());
    }

    /** A configuration that is given again and again must not keep the peer from hearing of us. */
    @Test
    @Tag("W13")
    void sameIntervalGivenAgainChangesNothing() {
        setKeepalive(25);
        two.network.passSeconds(20);
        setKeepalive(25);
        two.network.pass(5 * SECOND - 1);
        assertEquals(1, keepalives());
        two.network.pass(1);
        assertEquals(2, keepalives());
    }

    private void setKeepalive(int seconds) {
        two.left.device.submit(new DeviceCommand.SetPeer(two.rightKeptAlive(null, seconds)));
    }

    private long keepalives() {
        return two.network.sent.stream()
                .filter(d -> d.type() == MessageType.DATA && d.bytes().length == 32)
                .count();
    }

    private long sentBy(TestNode node) {
        return two.network.sent.stream()
                .filter((Datagram d) -> d.from().sameRemote(node.place))
                .count();
    }
}
