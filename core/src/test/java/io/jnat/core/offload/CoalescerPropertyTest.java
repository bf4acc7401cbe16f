package io.jnat.core.offload;

import static io.jnat.core.offload.TestBurst.assertSameFlows;
import static io.jnat.core.offload.TestBurst.repairedIp;
import static io.jnat.core.offload.TestBurst.tcp;
import static io.jnat.core.offload.TestBurst.tcp6;
import static io.jnat.core.offload.TestBurst.udp;
import static io.jnat.core.offload.TestBurst.udp6;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.NativeBytes;
import io.jnat.core.wire.PacketParser;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random flows: what is coalesced and cut again is what it was. */
final class CoalescerPropertyTest {
    private final TestBurst burst = new TestBurst();

    @AfterEach
    void freeBurst() {
        burst.close();
    }

    /** Flows of all kinds interleaved, with losses, ends and odd packets between. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void cuttingWhatWasCoalescedGivesTheSamePacketsInTheSameOrder(int seed) {
        Random random = new Random(seed);
        int frames = 0;
        for (int round = 0; round < 6; round++) {
            burst.empty();
            int flows = round % 2 == 0 ? 64 : 1 + random.nextInt(8);
            int[] seq = new int[flows];
            int[] id = new int[flows];
            List<byte[]> packets = new ArrayList<>();
            while (packets.size() < Burst.MAX_RECEIVED_PACKETS) {
                int flow = random.nextInt(flows);
                for (int run = random.nextInt(8); run >= 0; run--) {
                    packets.add(someOf(random, flow, seq, id));
                }
            }
            packets = packets.subList(0, Burst.MAX_RECEIVED_PACKETS);
            packets.forEach(burst::add);
            burst.coalesce();
            for (int at = 0; at < burst.count(); at++) {
                frames += burst.packet(at).gsoSize > 0 ? 1 : 0;
            }
            assertSameFlows(packets, burst.cut());
        }
        assertTrue(frames > 100, "super-frames: " + frames);
    }

    private static byte[] someOf(Random random, int flow, int[] seq, int[] id) {
        int length = random.nextInt(5) == 0 ? 1 + random.nextInt(450) : 450;
        if (random.nextInt(12) == 0) {
            seq[flow] += 50; // a loss
            id[flow]++;
        }
        int at = seq[flow];
        seq[flow] += length;
        byte[] packet =
                switch (flow % 4) {
                    case 0 -> tcp(flow, at, random.nextInt(6) == 0, length);
                    case 1 -> tcp6(flow, at, random.nextInt(6) == 0, length);
                    case 2 -> udp(flow, id[flow]++ & 0xffff, length);
                    default -> udp6(flow, id[flow]++, length);
                };
        if (random.nextInt(15) == 0) {
            packet[packet.length - 1] ^= 1; // broken on the way
        }
        if (random.nextInt(15) == 0 && packet[0] == 0x45) {
            packet[1] = 3; // congestion experienced
            return repairedIp(packet);
        }
        return packet;
    }

    @Test
    void randomBytesNeverThrow() {
        Random random = new Random(12);
        for (int round = 0; round < 300; round++) {
            burst.empty();
            for (int i = 0; i < 50; i++) {
                byte[] bytes = random.nextBoolean() ? tcp(1, 100 * i, false, 60) : udp6(2, i, 60);
                for (int change = random.nextInt(3); change > 0; change--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                }
                burst.add(
                        random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(129)) : bytes);
            }
            int before = burst.count();
            burst.coalesce();
            assertTrue(burst.count() <= before);
            assertFalse(burst.cut().isEmpty());
        }
    }

    @Test
    void parsingCoalescingAndCuttingAllocateNothing() {
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            packets.add(tcp(i % 3, 1000 * (i / 3), false, 1000));
            packets.add(udp6(i % 2 + 5, i, 172));
        }
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (NativeBytes out = new NativeBytes(new byte[65536])) {
            long allocated = -1;
            for (int round = 0; round < 5000 && allocated != 0; round++) { // until it is compiled
                burst.empty();
                packets.forEach(burst::add);
                long before = threads.getCurrentThreadAllocatedBytes();
                burst.coalesce();
                for (int at = 0; at < burst.count(); at++) {
                    Packet packet = burst.packet(at);
                    packet.parsed = false;
                    PacketParser.parse(packet);
                    for (int i = 0; i < Segmenter.segmentCount(packet); i++) {
                        Segmenter.writeSegment(packet, i, out.address());
                    }
                }
                allocated = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertEquals(5, burst.count());
            assertEquals(0, allocated);
        }
    }
}
