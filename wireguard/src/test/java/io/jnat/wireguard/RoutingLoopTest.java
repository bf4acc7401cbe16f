package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.jnat.core.stat.DropReason;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A route that leads the tunnel's own messages into the tunnel. */
final class RoutingLoopTest {
    @AutoClose private final TwoPeers two = TwoPeers.connected();

    private byte[] routedBack(byte[] message) {
        return InnerPackets.udp("10.0.0.1", "10.0.0.2", message);
    }

    @Test
    @Tag("W26")
    void ownDataGoesRoundNoSecondTime() {
        two.shakeHands();
        two.left.send(two.toRight(100));
        byte[] message = two.network.sent.getLast().bytes();
        assertEquals(DropReason.TUNNEL_LOOP, two.left.send(routedBack(message)));
        two.network.settle();
        assertEquals(1, two.right.delivered.size());
    }

    @Test
    @Tag("W26")
    void ownInitiationDoesNotWaitForTheSessionThatItAsksFor() {
        two.left.send(two.toRight(1));
        two.left.worker.work();
        byte[] initiation = two.network.sent.getLast().bytes();
        assertEquals(DropReason.TUNNEL_LOOP, two.left.send(routedBack(initiation)));
        assertEquals(1, two.left.peer(0).staged());
    }

    @Test
    @Tag("W26")
    void anothersWireGuardGoesThrough() {
        two.shakeHands();
        two.left.send(two.toRight(100));
        byte[] message = two.network.sent.getLast().bytes().clone();
        message[4] ^= 1; // another receiver
        assertNull(two.left.send(routedBack(message)));
        byte[] initiation = new byte[148];
        initiation[0] = 1;
        assertNull(two.left.send(routedBack(initiation)));
        two.network.settle();
        assertEquals(3, two.right.delivered.size());
    }

    /** Where others have a header, it has data, which may look like anything. */
    @Test
    @Tag("W26")
    void aLaterFragmentIsNoMessage() {
        two.shakeHands();
        two.left.send(two.toRight(100));
        byte[] fragment = routedBack(two.network.sent.getLast().bytes());
        ByteBuffer header = ByteBuffer.wrap(fragment);
        header.putShort(6, (short) 100);
        header.putShort(10, (short) 0);
        int sum = 0;
        for (int at = 0; at < 20; at += 2) {
            sum += header.getShort(at) & 0xffff;
        }
        header.putShort(10, (short) ~(sum + (sum >>> 16)));
        assertNull(two.left.send(fragment));
        two.network.settle();
        assertEquals(2, two.right.delivered.size());
    }

    @Test
    void peopleAreToldOnceInAWhile() {
        two.shakeHands();
        two.left.send(two.toRight(100));
        byte[] message = two.network.sent.getLast().bytes();
        for (int at = 0; at < 100; at++) {
            two.left.send(routedBack(message));
        }
        two.network.settle();
        DeviceEvent told = new DeviceEvent.RoutedIntoItself("right", TwoPeers.RIGHT_PLACE);
        assertEquals(1, List.copyOf(two.left.events).stream().filter(told::equals).count());
        two.network.passSeconds(31);
        two.left.send(two.toRight(1));
        two.network.settle();
        two.left.send(routedBack(two.network.sent.getLast().bytes()));
        two.network.settle();
        assertEquals(2, List.copyOf(two.left.events).stream().filter(told::equals).count());
    }
}
