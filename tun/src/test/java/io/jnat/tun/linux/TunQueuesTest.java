package io.jnat.tun.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.Receiver;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** In which order the queues of a device are read. */
final class TunQueuesTest {
    private static final int QUEUES = 5;

    /** By queue: packets that wait in it; large ones are negative. */
    private final List<List<Integer>> waiting = new ArrayList<>();

    private final TunQueues queues;

    TunQueuesTest() {
        int[] descriptors = new int[QUEUES];
        for (int at = 0; at < QUEUES; at++) {
            descriptors[at] = 200 + at;
            waiting.add(new ArrayList<>());
        }
        queues = TunQueues.of(new FakeKernel(), descriptors, 300);
    }

    /** Which queues have something. */
    private long readable() {
        long readable = 0;
        for (int at = 0; at < QUEUES; at++) {
            readable |= waiting.get(at).isEmpty() ? 0 : 1L << at;
        }
        return readable;
    }

    private void offer(int queue, int packets, boolean large) {
        for (int at = 0; at < packets; at++) {
            waiting.get(queue).add(large ? -1 : 1);
        }
    }

    /** One pass as the device makes it; returns the queues that it took packets from. */
    private List<Integer> pass(int most) {
        List<Integer> taken = new ArrayList<>();
        queues.begin(readable());
        int descriptor = queues.next();
        while (descriptor >= 0 && taken.size() < most) {
            int queue = descriptor - 200;
            if (waiting.get(queue).isEmpty()) {
                queues.empty();
            } else {
                boolean large = waiting.get(queue).removeFirst() < 0;
                queues.gave(large);
                taken.add(queue);
                if (large) {
                    break;
                }
            }
            descriptor = queues.next();
        }
        return taken;
    }

    @Test
    void aCallIsReadBeforeATransferAlthoughTheTransferCameFirst() {
        offer(1, 10, true);
        assertEquals(List.of(1), pass(64));
        offer(3, 1, false);
        offer(4, 1, false);
        assertEquals(List.of(3, 4, 1), pass(64));
        assertEquals(List.of(1), pass(64));
    }

    @Test
    void transfersTakeTurns() {
        offer(0, 3, true);
        offer(2, 3, true);
        offer(4, 3, true);
        List<Integer> order = new ArrayList<>();
        for (int at = 0; at < 9; at++) {
            order.addAll(pass(64));
        }
        assertEquals(List.of(0, 2, 4, 0, 2, 4, 0, 2, 4), order);
    }

    @Test
    void aFloodOfSmallPacketsIsNoCall() {
        offer(0, 500, false);
        assertEquals(64, pass(64).size());
        offer(1, 1, false);
        offer(3, 500, false);
        List<Integer> taken = pass(64);
        assertEquals(1, taken.getFirst());
        assertEquals(64, taken.size());
        assertTrue(
                taken.subList(1, 1 + 2 * TunQueues.QUANTUM_PACKETS).containsAll(List.of(0, 3)),
                "both have had their turn: " + taken);
        offer(2, 1, false);
        assertEquals(2, pass(64).getFirst());
    }

    @Test
    void whereCallsAloneAreMoreThanAPassTakesNoneOfThemWaitsForGood() {
        int[] taken = new int[QUEUES];
        for (int round = 0; round < 100; round++) {
            for (int queue = 0; queue < QUEUES; queue++) {
                offer(queue, 5, false);
            }
            pass(16).forEach(queue -> taken[queue]++);
        }
        for (int queue = 0; queue < QUEUES; queue++) {
            assertTrue(taken[queue] > 200, "queue " + queue + " gave " + taken[queue]);
        }
    }

    @Test
    void ofFloodsInAllQueuesNoneWaitsForGood() {
        int[] taken = new int[QUEUES];
        for (int queue = 0; queue < QUEUES; queue++) {
            offer(queue, 1000, false);
        }
        for (int round = 0; round < 50; round++) {
            pass((QUEUES - 1) * TunQueues.QUANTUM_PACKETS).forEach(queue -> taken[queue]++);
        }
        for (int queue = 0; queue < QUEUES; queue++) {
            assertTrue(taken[queue] > 200, "queue " + queue + " gave " + taken[queue]);
        }
    }

    @Test
    void aQueueThatHasCalmedDownIsSparseAgain() {
        offer(0, 2, true);
        pass(64);
        pass(64);
        offer(0, 1, false);
        pass(64);
        offer(0, 1, false);
        offer(1, 1, true);
        assertEquals(List.of(0, 1), pass(64));
    }

    /** A transfer whose packets are small may be waited for each time. */
    @Test
    void aQueueThatGaveAQuantumIsNotSparseThoughItIsEmptyThen() {
        offer(0, TunQueues.QUANTUM_PACKETS, false);
        pass(64);
        assertEquals(List.of(), pass(64));
        offer(0, 1, false);
        offer(1, 1, false);
        assertEquals(List.of(1, 0), pass(64));
    }

    @Test
    void aSingleQueueIsReadToItsEnd() {
        TunQueues one = TunQueues.single(new FakeKernel(), 200);
        assertArrayEquals(new int[] {200}, one.descriptors());
        assertEquals(200, one.writer());
        one.begin(Receiver.ALL);
        for (int at = 0; at < 50; at++) {
            assertEquals(200, one.next());
            one.gave(false);
        }
        one.empty();
        assertEquals(-1, one.next());
    }

    @Test
    void oneQueueIsAskedAlthoughNothingIsThere() {
        assertEquals(List.of(), pass(64));
        queues.begin(0);
        assertEquals(200, queues.next());
        queues.empty();
        assertEquals(-1, queues.next());
    }

    @Test
    void bitsOfQueuesThatAreNotThereAreIgnored() {
        queues.begin(Receiver.ALL);
        for (int queue = 0; queue < QUEUES; queue++) {
            assertEquals(200 + queue, queues.next());
            queues.empty();
        }
        assertEquals(-1, queues.next());
    }

    @Test
    void everythingIsReadWhateverComesAndWhereverPassesEnd() {
        Random random = new Random(11);
        int offered = 0;
        int taken = 0;
        for (int round = 0; round < 5000; round++) {
            int packets = random.nextInt(12);
            offer(random.nextInt(QUEUES), packets, random.nextInt(3) == 0);
            offered += packets;
            taken += pass(1 + random.nextInt(64)).size();
        }
        int passes = 0;
        while (waiting.stream().anyMatch(queue -> !queue.isEmpty())) {
            taken += pass(64).size();
            assertTrue(passes++ < 100_000, "no pass without a packet while some wait");
        }
        assertEquals(offered, taken);
    }
}
