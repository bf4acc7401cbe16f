package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.wireguard.TestNetwork.Datagram;
import io.jnat.wireguard.message.MessageType;
import java.util.ArrayDeque;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Both ends begin at the same time, on a path on which messages take their time. */
final class CrossedHandshakesTest {
    private static final long MILLI = 1_000_000L;
    private static final long STEP_NANOS = 10 * MILLI;
    private static final long DELAY_NANOS = 100 * MILLI;

    /** A message that is still on its way. */
    private record Late(long dueNanos, Datagram datagram) {}

    @AutoClose
    private final TwoPeers two =
            new TwoPeers(null, null, TwoPeers.RIGHT_PLACE, TwoPeers.LEFT_PLACE);

    private final ArrayDeque<Late> late = new ArrayDeque<>();

    /** A packet each way every 10 ms. */
    private void talk(double seconds) {
        long endNanos = two.network.nowNanos + (long) (seconds * 1e9);
        while (two.network.nowNanos - endNanos < 0) {
            two.left.send(two.toRight(160));
            two.right.send(two.toLeft(160));
            listen();
        }
    }

    private void listen() {
        two.network.pass(STEP_NANOS);
        while (!late.isEmpty() && late.getFirst().dueNanos - two.network.nowNanos <= 0) {
            Datagram datagram = late.removeFirst().datagram();
            boolean toLeft = datagram.to().sameRemote(two.left.place);
            (toLeft ? two.left : two.right).receive(List.of(datagram));
            two.network.settle();
        }
    }

    @Test
    @Tag("W5")
    @Tag("W14")
    void bothEndsTakeTheSameSessionAndLaterOnesCostNoPacket() {
        two.network.arrives =
                datagram -> {
                    late.add(new Late(two.network.nowNanos + DELAY_NANOS, datagram));
                    return false;
                };
        talk(1);
        assertEquals(2, two.network.count(null, MessageType.INITIATION));
        talk(500);
        for (int step = 0; step < 50; step++) {
            listen();
        }
        assertEquals(List.of(), two.left.drops);
        assertEquals(List.of(), two.right.drops);
        assertEquals(50_100, two.left.delivered.size());
        assertEquals(50_100, two.right.delivered.size());
        assertTrue(two.network.count(null, MessageType.INITIATION) <= 6, "one in 120 s");
    }
}
