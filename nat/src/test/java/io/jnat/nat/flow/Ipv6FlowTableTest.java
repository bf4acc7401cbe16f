package io.jnat.nat.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Slab;
import io.jnat.core.wire.Ipv6;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Flows of both versions in one table, against a map. */
@Tag("N50")
final class Ipv6FlowTableTest {
    private static final int UDP = 17;
    private static final long NOW = 1_000_000_000L;

    private record End(long high, long low) {}

    /** What tells one IPv6 flow from another. */
    private record Key(int domain, End from, End to, int ports) {
        Key mirrored(int otherDomain) {
            End near = to;
            End far = from;
            return new Key(otherDomain, near, far, Integer.rotateLeft(ports, 16));
        }
    }

    private static FlowDraft draft(Key key, int replyDomain) {
        FlowDraft draft = new FlowDraft();
        draft.startIpv6(key.domain(), 0, UDP, key.ports() >>> 16, key.ports() & 0xffff);
        draft.sourceHigh = key.from().high();
        draft.sourceLow = key.from().low();
        draft.destinationHigh = key.to().high();
        draft.destinationLow = key.to().low();
        draft.replyDomain = replyDomain;
        draft.idleLimitSeconds = 300;
        return draft;
    }

    private static int find(FlowTable table, Slab header, Key key) {
        long ip = header.address();
        Ipv6.setSource(ip, key.from().high(), key.from().low());
        Ipv6.setDestination(ip, key.to().high(), key.to().low());
        int there = table.findIpv6(key.domain(), UDP, ip, key.ports() >>> 16, key.ports() & 0xffff);
        Key back = key.mirrored(key.domain());
        Ipv6.setSource(ip, back.from().high(), back.from().low());
        Ipv6.setDestination(ip, back.to().high(), back.to().low());
        int again =
                table.findAnswerToIpv6(
                        key.domain(), UDP, ip, back.ports() >>> 16, back.ports() & 0xffff);
        assertEquals(there, again);
        return there;
    }

    @Test
    void bothVersionsAreFoundAsAMapFindsThem() {
        SplittableRandom random = new SplittableRandom(6);
        Map<Key, Integer> model = new HashMap<>();
        List<Integer> living = new ArrayList<>();
        try (FlowTable table = new FlowTable(500, 1, 2);
                Slab header = Slab.allocate(64)) {
            for (int round = 0; round < 60_000; round++) {
                // Few values, so that keys differ in one place only.
                Key key =
                        new Key(
                                random.nextInt(3),
                                new End(0x2001_0db8L << 32 | random.nextInt(2), random.nextInt(4)),
                                new End(0x2001_0db8L << 32 | random.nextInt(2), random.nextInt(4)),
                                random.nextInt(3) << 16 | random.nextInt(3));
                int replyDomain = random.nextInt(3);
                Key reply = key.mirrored(replyDomain);
                int entry = find(table, header, key);
                assertEquals(model.getOrDefault(key, 0), entry);
                if (random.nextInt(3) == 0 && !living.isEmpty()) {
                    int flow = living.remove(random.nextInt(living.size()));
                    table.remove(flow);
                    model.values().removeIf(value -> value >>> 1 == flow);
                    continue;
                }
                int flow = table.add(draft(key, replyDomain), NOW);
                if (model.containsKey(key) || model.containsKey(reply) || key.equals(reply)) {
                    assertEquals(FlowTable.CLASH, flow);
                } else if (flow != FlowTable.FULL) {
                    model.put(key, flow << 1);
                    model.put(reply, flow << 1 | 1);
                    living.add(flow);
                } else {
                    assertEquals(500, living.size());
                }
                assertEquals(living.size(), table.size());
            }
        }
    }

    @Test
    void keysOfOneVersionAreNeverTakenForThoseOfTheOther() {
        try (FlowTable table = new FlowTable(64, 1, 2);
                Slab header = Slab.allocate(64)) {
            // The bytes of this key are those of an IPv4 key with the same domain and protocol.
            long addresses = 0x0a00_0001_0a00_0002L;
            Key key = new Key(2, new End(addresses, 5000L << 48 | 53L << 32), new End(0, 0), 0);
            int six = table.add(draft(key, 1), NOW);
            assertTrue(six > 0);
            assertTrue(Flow.isIpv6(table.record(six)));
            assertEquals(0, table.find(2, UDP, 0x0a00_0001, 0x0a00_0002, 5000, 53));
            FlowDraft four = new FlowDraft();
            four.start(2, 0, UDP, 0x0a00_0001, 0x0a00_0002, 5000, 53);
            four.replyDomain = 1;
            int flow = table.add(four, NOW);
            assertTrue(flow > 0);
            assertFalse(Flow.isIpv6(table.record(flow)));
            assertEquals(flow << 1, table.find(2, UDP, 0x0a00_0001, 0x0a00_0002, 5000, 53));
            assertEquals(six << 1, find(table, header, key));
            table.remove(six);
            assertEquals(0, find(table, header, key));
            assertEquals(flow << 1, table.find(2, UDP, 0x0a00_0001, 0x0a00_0002, 5000, 53));
        }
    }

    @Test
    void recordsKeepBothEndsDomainsAndCounters() {
        try (FlowTable table = new FlowTable(100, 1, 2)) {
            for (int at = 0; at < 100; at++) {
                Key key =
                        new Key(
                                0,
                                new End(1000 + at, -1 - at),
                                new End(2000 + at, 7L << 60 | at),
                                40_000 << 16 | 53);
                int flow = table.add(draft(key, 5), NOW);
                long record = table.record(flow);
                TcpWindow.restart(record);
                table.count(record, 1, 3, 400, true, NOW);
            }
            for (int flow = 1; flow <= 100; flow++) {
                long record = table.record(flow);
                assertEquals(999 + flow, Ipv6Key.sourceHigh(record, 0));
                assertEquals(-flow, Ipv6Key.sourceLow(record, 0));
                assertEquals(1999 + flow, Ipv6Key.destinationHigh(record, 0));
                assertEquals(7L << 60 | flow - 1, Ipv6Key.sourceLow(record, 1));
                assertEquals(40_000, Ipv6Key.sourcePort(record, 0));
                assertEquals(53, Ipv6Key.sourcePort(record, 1));
                assertEquals(0, Flow.domain(record, 0));
                assertEquals(5, Flow.domain(record, 1));
                assertEquals(0, Flow.packets(record, 0));
                assertEquals(3, Flow.packets(record, 1));
                assertEquals(400, Flow.bytes(record, 1));
                assertEquals(0, Flow.mapping(record));
            }
        }
    }

    @Test
    @Tag("N52")
    void countedIpv6KeysDifferFromIpv4OnesAndEachOther() {
        CountedKeys keys = new CountedKeys(1000, 3, 4);
        assertNotEquals(keys.keyIpv6(0, 1, 2), keys.keyIpv6(0, 1, 3));
        assertNotEquals(keys.keyIpv6(0, 1, 2), keys.keyIpv6(0, 2, 2));
        assertNotEquals(keys.keyIpv6(0, 1, 2), keys.keyIpv6(1, 1, 2));
        assertTrue(keys.keyIpv6(0, 1, 2) > CountedKeys.key(0x7fff, -1));
    }
}
