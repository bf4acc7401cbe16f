package io.jnat.nat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.TranslatorBench.Sent;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.NatConfig.Forward;
import io.jnat.nat.rule.NatConfig.Site;
import io.jnat.nat.rule.PortRange;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random histories of half a million packets each: two sites with the same addresses fight for few
 * ports, devices come and go, and every now and then other ports are forwarded or kept. Beside it,
 * a plain model of who has which external port.
 */
final class MappingHistoryTest {
    private static final int PACKETS = 500_000;
    private static final int FIRST = 2000;
    private static final int LAST = 2199;
    private static final int INSIDE_PORTS = 40;
    private static final long SECOND = 1_000_000_000L;

    /** UDP without checksum, whose endpoints are written over. */
    private final byte[] packet = Wire.udp("192.168.1.1", 1, "203.0.113.1", 1, 10);

    private final boolean[] forwarded = new boolean[LAST + 1];
    private final boolean[] kept = new boolean[LAST + 1];
    private final int[] owner = new int[LAST + 1];
    private final long[] lastUse = new long[LAST + 1];
    private SplittableRandom random;

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    @Tag("N1")
    @Tag("N3")
    @Tag("N4")
    @Tag("N5")
    void noTwoInsideEndpointsShareAPortAndNoneTakesAReservedOne(long seed) {
        random = new SplittableRandom(seed);
        Wire.put16(packet, 26, 0);
        int sent = 0;
        int withoutPort = 0;
        try (TranslatorBench bench =
                new TranslatorBench(new NatCapacity(8192, 8192, 64, 2048, seed))) {
            for (int step = 0; step < PACKETS; step++) {
                if (step % 25_000 == 0) {
                    reload(bench);
                }
                bench.now += random.nextInt(50_000_000);
                if (step % 16 == 0) {
                    bench.onTimer();
                }
                int site = random.nextInt(2);
                int device = 1 + (step / 20_000 + random.nextInt(2)) % 8;
                int port = FIRST + random.nextInt(INSIDE_PORTS);
                Sent out = bench.fromTunnel(packet(device, port), site);
                if (out == null) {
                    assertEquals(DropReason.NO_FREE_PORT, bench.dropped);
                    withoutPort++;
                } else {
                    sent++;
                    check(site << 24 | device << 16 | port, Wire.get16(out.bytes(), 20), bench.now);
                }
            }
        }
        assertTrue(sent > PACKETS / 2, "sent " + sent);
        assertTrue(withoutPort > 0, "ports were never fought for");
    }

    private byte[] packet(int device, int port) {
        Wire.put16(packet, 10, 0);
        packet[15] = (byte) device;
        packet[19] = (byte) (1 + random.nextInt(2));
        Wire.put16(packet, 20, port);
        Wire.put16(packet, 22, 1 + random.nextInt(2));
        Wire.put16(packet, 10, Wire.onesComplement(packet, 0, 20));
        return packet;
    }

    private boolean isStatic(int inside) {
        return inside >> 16 == 1 && forwarded[inside & 0xFFFF];
    }

    private void check(int inside, int external, long now) {
        assertTrue(external >= FIRST && external <= LAST, "not one of ours: " + external);
        if (isStatic(inside)) {
            assertEquals(inside & 0xFFFF, external, "a forward's endpoint on another port");
            return;
        }
        assertFalse(forwarded[external] || kept[external], "a reserved port: " + external);
        if (owner[external] != 0 && owner[external] != inside) {
            // Five minutes of idle flow and two of rest, less the ticks of the clocks.
            long idleSeconds = (now - lastUse[external]) / SECOND;
            assertFalse(idleSeconds < 298 + 118, external + " was shared");
        }
        owner[external] = inside;
        lastUse[external] = now;
    }

    /** Other ports are reserved; who had one of them, or is a forward's endpoint now, has none. */
    private void reload(TranslatorBench bench) {
        List<Forward> forwards = new ArrayList<>();
        List<PortRange> ranges = new ArrayList<>();
        for (int port = FIRST; port <= LAST; port++) {
            boolean was = forwarded[port] || kept[port];
            forwarded[port] = random.nextInt(20) == 0;
            kept[port] = !forwarded[port] && random.nextInt(20) == 0;
            if (forwarded[port]) {
                forwards.add(forward(port));
            }
            if (kept[port]) {
                ranges.add(new PortRange(Protocol.UDP, port, port));
            }
            if (was || forwarded[port] || kept[port]) {
                owner[port] = 0;
            }
        }
        for (int port = FIRST; port <= LAST; port++) {
            if (isStatic(owner[port])) {
                owner[port] = 0;
            }
        }
        List<Ipv4Prefix> networks = List.of(Ipv4Prefix.parse("192.168.1.0/24"));
        NatConfig config =
                bench.relay(
                        List.of(new Site(0, "one", networks), new Site(1, "two", networks)),
                        forwards);
        bench.apply(
                config.withLimits(
                        config.timeouts(),
                        new PortRange(PortRange.ANY_PROTOCOL, FIRST, LAST),
                        ranges,
                        100_000,
                        false));
        while (bench.policy.nextDeadlineNanos(bench.now) - bench.now <= 1_000_000) {
            bench.onTimer();
        }
    }

    private static Forward forward(int port) {
        return TranslatorBench.forward(
                "static " + port, new PortRange(Protocol.UDP, port, port), 0, "192.168.1.1", port);
    }
}
