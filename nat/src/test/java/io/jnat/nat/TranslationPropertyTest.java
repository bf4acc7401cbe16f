package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
import static io.jnat.nat.TranslatorBench.TUNNEL;
import static io.jnat.nat.TranslatorBench.WAN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.jnat.core.wire.Protocol;
import io.jnat.nat.TranslatorBench.Sent;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.NatConfig.Site;
import io.jnat.nat.rule.PortRange;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A relay over a random history of two sites' traffic, timeouts and reloads, beside a plain model
 * of who has which external port.
 */
final class TranslationPropertyTest {
    private static final int STEPS = 60_000;
    private static final int FORWARDED = 2005;

    private final SplittableRandom random = new SplittableRandom(2026);

    /** External port to the endpoint that had it last, and when it was last used from inside. */
    private final Map<Integer, String> owner = new HashMap<>();

    private final Map<Integer, Long> lastUse = new HashMap<>();

    private static NatConfig config(TranslatorBench bench) {
        NatConfig config =
                bench.relay(
                        List.of(
                                new Site(0, "one", List.of(Ipv4Prefix.parse("192.168.1.0/24"))),
                                new Site(1, "two", List.of(Ipv4Prefix.parse("192.168.1.0/24")))),
                        List.of(
                                TranslatorBench.forward(
                                        "static",
                                        new PortRange(Protocol.UDP, FORWARDED, FORWARDED),
                                        0,
                                        "192.168.1.1",
                                        FORWARDED)));
        // Few ports, so that they are fought for.
        return config.withLimits(
                config.timeouts(),
                new PortRange(PortRange.ANY_PROTOCOL, 2000, 2099),
                List.of(new PortRange(Protocol.UDP, 2050, 2059)),
                100_000,
                false);
    }

    @Test
    @Tag("N1")
    @Tag("N3")
    @Tag("N4")
    @Tag("N5")
    @Tag("N47")
    void externalEndpointsAreNeverSharedAndAnswersFindTheirWay() {
        try (TranslatorBench bench = new TranslatorBench(new NatCapacity(400, 400, 64, 2048, 9))) {
            bench.apply(config(bench));
            int answered = 0;
            for (int step = 0; step < STEPS; step++) {
                bench.now += random.nextInt(400_000_000);
                if (step % 16 == 0) {
                    bench.onTimer();
                }
                if (step % 5000 == 0) {
                    bench.apply(config(bench));
                }
                int site = random.nextInt(2);
                String device = "192.168.1." + (1 + random.nextInt(4));
                int port = 2000 + random.nextInt(30);
                String remote = "203.0.113." + random.nextInt(3);
                int remotePort = 1 + random.nextInt(3);
                byte[] packet = Wire.udp(device, port, remote, remotePort, 20);
                Sent out = bench.fromTunnel(packet, site);
                if (out != null) {
                    checkOwner(
                            bench, Wire.get16(out.bytes(), 20), site + " " + device + " " + port);
                    checkAnswer(bench, out, packet, site);
                    answered++;
                }
            }
            assertFalse(answered < STEPS / 4, "answered " + answered);
        }
    }

    private void checkOwner(TranslatorBench bench, int external, String endpoint) {
        assertFalse(external < 2000 || external > 2099, "not one of ours: " + external);
        assertFalse(external >= 2050 && external <= 2059, "kept for the host: " + external);
        assertEquals(endpoint.equals("0 192.168.1.1 " + FORWARDED), external == FORWARDED);
        String before = owner.put(external, endpoint);
        Long used = lastUse.put(external, bench.now);
        if (before != null && !before.equals(endpoint)) {
            // Five minutes of idle flow and two of rest, less the ticks of the clocks.
            long idleSeconds = (bench.now - used) / 1_000_000_000;
            assertFalse(idleSeconds < 298 + 118, before + " lost " + external + " to " + endpoint);
        }
    }

    /** Turns the packet round and checks that it comes back as the mirror image of the original. */
    private void checkAnswer(TranslatorBench bench, Sent out, byte[] original, int site) {
        assertEquals(WAN, out.link());
        Wire.read(out.bytes());
        String remote = Ipv4Prefix.format(int32(out.bytes(), 16));
        int external = Wire.get16(out.bytes(), 20);
        int remotePort = Wire.get16(out.bytes(), 22);
        Sent in = bench.fromWan(Wire.udp(remote, remotePort, PUBLIC, external, 20));
        assertNotNull(in, () -> "dropped: " + bench.dropped);
        assertEquals(TUNNEL, in.link());
        assertEquals(site, in.peer());
        String device = Ipv4Prefix.format(int32(original, 12));
        assertArrayEquals(
                Wire.udp(remote, remotePort, device, Wire.get16(original, 20), 20), in.bytes());
    }

    private static int int32(byte[] bytes, int at) {
        return Wire.get16(bytes, at) << 16 | Wire.get16(bytes, at + 2);
    }
}
