package io.jnat.nat.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FlowTableTest {
    private static final int UDP = 17;
    private static final long SECOND = 1_000_000_000L;

    private final FlowDraft draft = new FlowDraft();

    private FlowDraft udp(int source, int destination, int sourcePort, int destinationPort) {
        draft.start(0, 0, UDP, source, destination, sourcePort, destinationPort);
        draft.replyDomain = 1;
        draft.idleLimitSeconds = 300;
        return draft;
    }

    private static int find(FlowTable table, int source, int destination, int from, int to) {
        return table.find(0, UDP, source, destination, from, to);
    }

    @Test
    @Tag("N50")
    void flowCostsAtMost128Bytes() {
        int flows = 1 << 20;
        long blocks = ((long) flows + Flow.PER_BLOCK - 1) / Flow.PER_BLOCK;
        long index = 4L * flows * Integer.BYTES;
        long changed = flows * 9L / 8; // one byte and one bit, see ChangedFlows
        assertTrue(blocks * Flow.BLOCK_BYTES + index + changed <= 128L << 20);
    }

    @Test
    void partsOfDifferentFlowsDoNotOverlap() {
        try (FlowTable table = new FlowTable(200, 1, 2)) {
            for (int at = 1; at <= 200; at++) {
                udp(at, 1, 1, 1).mapping = 1000 + at;
                assertEquals(at, table.add(draft, 0));
            }
            for (int flow = 1; flow <= 200; flow++) {
                long record = table.record(flow);
                assertEquals(0, record % 64);
                for (int direction = 0; direction < 2; direction++) {
                    Flow.highestAck(record, direction, flow * 3);
                    Flow.windowEdge(record, direction, flow * 5);
                }
            }
            for (int flow = 1; flow <= 200; flow++) {
                long record = table.record(flow);
                assertEquals(flow, Flow.source(record, 0));
                assertEquals(flow, Flow.destination(record, 1));
                assertEquals(1000 + flow, Flow.mapping(record));
                assertEquals(flow * 3, Flow.highestAck(record, 1));
                assertEquals(flow * 5, Flow.windowEdge(record, 0));
                assertEquals(300, Flow.idleLimitSeconds(record));
            }
        }
    }

    @Test
    @Tag("N12")
    void longIdleLimitsAreKeptCloseEnough() {
        try (FlowTable table = new FlowTable(64, 1, 2)) {
            for (int seconds : new int[] {1, 7440, 32_767, 32_768, 86_400, 1_000_000}) {
                udp(seconds, 1, 1, 1).idleLimitSeconds = seconds;
                int kept = Flow.idleLimitSeconds(table.record(table.add(draft, 0)));
                assertTrue(kept >= seconds && kept < seconds + 64, seconds + " became " + kept);
            }
        }
    }

    @Test
    @Tag("N12")
    void longestLimitThatMayBeConfiguredIsKeptAndMayBeChanged() {
        int longest = 24 * 86_400;
        try (FlowTable table = new FlowTable(64, 1, 2)) {
            udp(1, 2, 3, 4).idleLimitSeconds = longest;
            int flow = table.add(draft, 0);
            long record = table.record(flow);
            long hundredSeconds = 100_000_000_000L;
            assertEquals(0, table.due(hundredSeconds, 1000));
            assertEquals(longest * 1000L - 100_000, table.remainingMillis(record, hundredSeconds));
            table.limit(flow, 160, hundredSeconds);
            assertEquals(60_000, table.remainingMillis(record, hundredSeconds));
            table.limit(flow, longest, hundredSeconds);
            assertEquals(longest * 1000L - 100_000, table.remainingMillis(record, hundredSeconds));
            assertEquals(0, table.due(2 * hundredSeconds, 1000));
            table.limit(flow, 30, 2 * hundredSeconds);
            long nextTick = 2 * hundredSeconds + 2_000_000_000L;
            assertEquals(flow, table.due(nextTick, 1000), "idle for longer already");
        }
    }

    @Test
    @Tag("N50")
    void bothDirectionsAreFoundUntilTheFlowEnds() {
        try (FlowTable table = new FlowTable(64, 1, 2)) {
            int flow = table.add(udp(10, 20, 30, 40), 0);
            assertEquals(flow << 1, find(table, 10, 20, 30, 40));
            assertEquals(flow << 1 | 1, table.find(1, UDP, 20, 10, 40, 30));
            assertEquals(flow << 1 | 1, table.findAnswerTo(1, UDP, 10, 20, 30, 40));
            assertEquals(0, table.find(0, UDP, 20, 10, 40, 30));
            table.remove(flow);
            assertEquals(0, find(table, 10, 20, 30, 40));
            assertEquals(0, table.find(1, UDP, 20, 10, 40, 30));
        }
    }

    @Test
    @Tag("N49")
    void domainsAreApart() {
        try (FlowTable table = new FlowTable(64, 1, 2)) {
            int one = table.add(udp(10, 20, 30, 40), 0);
            udp(10, 20, 30, 40).domain = 5;
            draft.replyDomain = 6;
            int two = table.add(draft, 0);
            assertTrue(two > 0 && two != one);
        }
    }

    @Test
    void sameKeyTwiceIsAClash() {
        try (FlowTable table = new FlowTable(64, 1, 2)) {
            table.add(udp(10, 20, 30, 40), 0);
            assertEquals(FlowTable.CLASH, table.add(udp(10, 20, 30, 40), 0));
            udp(99, 98, 97, 96).replySource = 20;
            draft.replyDestination = 10;
            draft.replySourcePort = 40;
            draft.replyDestinationPort = 30;
            assertEquals(FlowTable.CLASH, table.add(draft, 0));
        }
    }

    @Test
    @Tag("N50")
    void anyHistoryOfAddingAndRemovingLeavesEveryLivingFlowFindable() {
        int capacity = 2000;
        SplittableRandom random = new SplittableRandom(7);
        Map<Integer, Integer> model = new HashMap<>();
        List<Integer> sources = new ArrayList<>();
        try (FlowTable table = new FlowTable(capacity, 3, 4)) {
            for (int operation = 0; operation < 200_000; operation++) {
                boolean grow = (operation / 20_000 & 1) == 0;
                if (random.nextInt(100) < (grow ? 60 : 40)) {
                    int source = random.nextInt();
                    if (model.containsKey(source)) {
                        continue;
                    }
                    int flow = table.add(udp(source, 1, source & 0xffff, 9), 0);
                    assertEquals(model.size() == capacity, flow == FlowTable.FULL);
                    if (flow != FlowTable.FULL) {
                        model.put(source, flow);
                        sources.add(source);
                    }
                } else if (!sources.isEmpty()) {
                    int at = random.nextInt(sources.size());
                    int source = sources.get(at);
                    sources.set(at, sources.get(sources.size() - 1));
                    sources.remove(sources.size() - 1);
                    table.remove(model.remove(source));
                    assertEquals(0, find(table, source, 1, source & 0xffff, 9));
                }
                if (operation % 5000 == 0) {
                    for (Map.Entry<Integer, Integer> each : model.entrySet()) {
                        int source = each.getKey();
                        assertEquals(
                                each.getValue() << 1, find(table, source, 1, source & 0xffff, 9));
                    }
                }
                assertEquals(model.size(), table.size());
            }
        }
    }

    /** The clock's origin is anywhere; milliseconds in an int wrap after 24 and 49 days. */
    @ParameterizedTest
    @ValueSource(longs = {-30, 0, (1L << 31) / 1000 - 3000, (1L << 32) / 1000 - 3000})
    @Tag("N51")
    void flowsEndOnTimeAndRefreshedOnesLiveOn(long startSeconds) {
        try (FlowTable table = new FlowTable(5000, 1, 2)) {
            long start = startSeconds * SECOND;
            for (int flow = 0; flow < 5000; flow++) {
                udp(flow, 1, 1, 1).idleLimitSeconds = 60 + flow % 7400;
                table.add(draft, start);
            }
            int refreshed = 17;
            for (long second = 1; second < 8000; second++) {
                long now = start + second * SECOND;
                if (second % 50 == 0 && second < 5000) {
                    int entry = find(table, refreshed, 1, 1, 1);
                    long record = table.record(FlowTable.flow(entry));
                    table.count(record, 0, 1, 100, true, now);
                }
                int flow;
                while ((flow = table.due(now, 10_000)) > 0) {
                    int source = Flow.source(table.record(flow), 0);
                    long limit = 60L + source % 7400;
                    long since = source == refreshed ? second - 4950 : second;
                    assertTrue(since >= limit, "too early: " + source);
                    assertTrue(since <= limit + 3, "too late: " + source);
                    table.remove(flow);
                }
                assertEquals(0, flow);
            }
            assertEquals(0, table.size());
            assertTrue(table.nanosToExpiry(0) > 3600 * SECOND);
        }
    }

    @Test
    @Tag("N51")
    void expiryIsBounded() {
        try (FlowTable table = new FlowTable(1000, 1, 2)) {
            for (int flow = 0; flow < 1000; flow++) {
                table.add(udp(flow, 1, 1, 1), 0);
            }
            int ended = 0;
            for (int call = 0; call < 100 && table.due(400 * SECOND, 10) != 0; call++) {
                int flow = table.due(400 * SECOND, 10);
                if (flow > 0) {
                    table.remove(flow);
                    ended++;
                }
            }
            assertTrue(ended > 0 && ended <= 100);
        }
    }

    @Test
    @Tag("N52")
    void establishedFlowsAreNeverEvicted() {
        try (FlowTable table = new FlowTable(100, 1, 2)) {
            for (int flow = 0; flow < 100; flow++) {
                udp(flow, 1, 1, 1).state =
                        flow == 50 ? FlowState.ONE_WAY : flow == 60 ? FlowState.TCP_CLOSED : 2;
                table.add(draft, 0);
            }
            int first = table.victim();
            assertEquals(50, Flow.source(table.record(first), 0));
            table.remove(first);
            int second = table.victim();
            assertEquals(60, Flow.source(table.record(second), 0));
            table.remove(second);
            assertEquals(0, table.victim());
        }
    }

    @Test
    @Tag("N50")
    void countersHoldWhatTheyAreGiven() {
        try (FlowTable table = new FlowTable(64, 1, 2)) {
            long record = table.record(table.add(udp(1, 2, 3, 4), 0));
            long packets = 0;
            long bytes = 0;
            for (int at = 0; at < 100_000; at++) {
                table.count(record, 0, 45, 65_000, false, 0);
                packets += 45;
                bytes += 65_000;
            }
            table.count(record, 1, 1, 99, false, 0);
            assertEquals(packets, Flow.packets(record, 0));
            assertEquals(bytes, Flow.bytes(record, 0));
            assertEquals(1, Flow.packets(record, 1));
            assertEquals(99, Flow.bytes(record, 1));
        }
    }

    @Test
    void mappingsAreFoundByEitherEnd() {
        try (MappingTable table = new MappingTable(64, 1, 2)) {
            int mapping = table.add(3, UDP, 100, 5000, 0, 0, 200, 6000);
            assertEquals(mapping, table.findInside(3, UDP, 100, 5000, 0, 0));
            assertEquals(mapping, table.findExternal(UDP, 200, 6000));
            assertEquals(0, table.findInside(4, UDP, 100, 5000, 0, 0));
            assertEquals(0, table.findExternal(6, 200, 6000));
            table.remove(mapping);
            assertEquals(0, table.findInside(3, UDP, 100, 5000, 0, 0));
            assertEquals(0, table.findExternal(UDP, 200, 6000));
        }
    }

    @Test
    void countedKeysAgreeWithAMap() {
        CountedKeys keys = new CountedKeys(500, 5, 6);
        Map<Long, Integer> model = new HashMap<>();
        SplittableRandom random = new SplittableRandom(11);
        for (int operation = 0; operation < 200_000; operation++) {
            long key = random.nextInt(700);
            if (random.nextBoolean()) {
                int count = keys.add(key);
                boolean full = !model.containsKey(key) && model.size() == 512;
                assertEquals(full ? 0 : model.getOrDefault(key, 0) + 1, count);
                if (!full) {
                    model.merge(key, 1, Integer::sum);
                }
            } else {
                keys.remove(key);
                model.computeIfPresent(key, (same, count) -> count == 1 ? null : count - 1);
            }
            assertEquals(model.getOrDefault(key, 0), keys.count(key));
            assertEquals(model.size(), keys.size());
        }
        assertFalse(model.isEmpty());
    }
}
