package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The bounded queue between engine threads and the handshake thread. */
@Tag("W8")
final class HandshakeQueueTest {
    private final HandshakeQueue queue = new HandshakeQueue();
    private final Endpoint source = new Endpoint();

    @Test
    void messagesComeOutInOrderWithTheirSources() {
        try (Slab slab = Slab.allocate(148)) {
            for (int round = 0; round < 5; round++) {
                for (int number = 0; number < 700; number++) {
                    offer(slab, number);
                }
                assertEquals(700, queue.size());
                for (int number = 0; number < 700; number++) {
                    byte[] message = queue.take(source);
                    assertArrayEquals(bytes(number), message);
                    assertEquals(number + 1, source.port);
                }
                assertEquals(0, queue.take(source).length);
            }
        }
    }

    @Test
    void fullQueueRefuses() {
        try (Slab slab = Slab.allocate(148)) {
            for (int number = 0; number < HandshakeQueue.CAPACITY; number++) {
                assertTrue(offer(slab, number % 1000));
            }
            assertFalse(offer(slab, 1));
            queue.take(source);
            assertTrue(offer(slab, 1));
            assertFalse(offer(slab, 1));
        }
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void twoProducersLoseAndDoubleNothing() throws InterruptedException {
        int each = 50_000;
        List<Thread> producers = new ArrayList<>();
        for (int producer = 0; producer < 2; producer++) {
            int base = producer * each;
            producers.add(
                    Thread.ofPlatform()
                            .start(() -> {
                                try (Slab slab = Slab.allocate(148)) {
                                    for (int number = 0; number < each; number++) {
                                        while (!offer(slab, base + number)) {
                                            Thread.yield();
                                        }
                                    }
                                }
                            }));
        }
        Set<Integer> seen = new HashSet<>();
        int[] last = {-1, -1};
        while (seen.size() < 2 * each) {
            byte[] message = queue.take(source);
            if (message.length == 0) {
                Thread.yield();
                continue;
            }
            int number = (message[0] & 0xff) << 16 | (message[1] & 0xff) << 8 | message[2] & 0xff;
            assertTrue(seen.add(number), "twice " + number);
            assertTrue(number > last[number / each], "order of one producer");
            last[number / each] = number;
        }
        for (Thread producer : producers) {
            producer.join();
        }
    }

    private boolean offer(Slab slab, int number) {
        byte[] bytes = bytes(number);
        Memory.copy(bytes, 0, slab.address(), bytes.length);
        Endpoint from = new Endpoint();
        from.port = number % 65_535 + 1;
        return queue.offer(slab.address(), bytes.length, from);
    }

    private static byte[] bytes(int number) {
        byte[] bytes = new byte[new int[] {148, 92, 64}[number % 3]];
        bytes[0] = (byte) (number >>> 16);
        bytes[1] = (byte) (number >>> 8);
        bytes[2] = (byte) number;
        return bytes;
    }
}
