package io.jnat.nat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.nat.rule.NatConfig;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/** Packets with random faults, which a policy must survive without keeping anything of them. */
final class HostileTraffic {
    private HostileTraffic() {}

    /** A copy of a packet with up to five other bytes, now and then cut short. */
    static byte[] mutate(byte[] seed, SplittableRandom random) {
        byte[] bytes = seed.clone();
        int changes = random.nextInt(6);
        for (int change = 0; change < changes; change++) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        if (random.nextInt(10) == 0) {
            byte[] cut = new byte[random.nextInt(bytes.length + 1)];
            System.arraycopy(bytes, 0, cut, 0, cut.length);
            bytes = cut;
        }
        return bytes;
    }

    /** Sends packets, with reloads and expiry between them; some must pass, and all must end. */
    static void assertSurvives(
            TranslatorBench bench,
            NatConfig config,
            int rounds,
            SplittableRandom random,
            Supplier<Packet> next) {
        bench.apply(config);
        int passed = 0;
        for (int round = 0; round < rounds; round++) {
            Packet packet = next.get();
            passed += bench.send(packet) == null ? 0 : 1;
            assertTrue(
                    packet.verdict != Packet.DROP || packet.dropReason != null,
                    "dropped without a reason");
            bench.now += random.nextInt(100_000_000);
            if (round % 100 == 0) {
                bench.undeliverable(DropReason.TUNNEL_NO_ENDPOINT);
                bench.pass(1);
            }
            if (round % 20_000 == 0) {
                bench.apply(config);
            }
        }
        assertTrue(passed > rounds / 20, "passed " + passed);
        bench.pass(8000);
        assertEquals(0, bench.report().flows());
        assertEquals(0, bench.report().mappings());
        assertEquals(0, bench.report().heldFragments());
    }
}
