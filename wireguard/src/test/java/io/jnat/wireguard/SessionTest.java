package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two devices back to back: handshake, data, roles. */
final class SessionTest {
    @Test
    @Tag("W1")
    @Tag("W5")
    void firstPacketMakesASessionAndArrives() {
        try (TwoPeers two = TwoPeers.connected()) {
            byte[] inner = InnerPackets.udp("10.0.0.1", "10.0.0.2", new byte[100]);
            assertNull(two.left.send(inner));
            two.network.settle();
            assertEquals(1, two.right.delivered.size());
            assertArrayEquals(inner, two.right.delivered.getFirst());
            byte[] back = InnerPackets.udp("10.0.0.2", "10.0.0.1", new byte[33]);
            assertNull(two.right.send(back));
            two.network.settle();
            assertArrayEquals(back, two.left.delivered.getFirst());
            assertEquals(1, two.network.count(null, 1));
            assertEquals(1, two.network.count(null, 2));
            assertTrue(two.left.drops.isEmpty() && two.right.drops.isEmpty());
        }
    }
}
