package io.jnat.wireguard.noise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.HexFormat;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Timestamps of initiations. */
@Tag("W3")
final class Tai64nTest {
    private Instant now = Instant.ofEpochSecond(1_500_000_000L, 0x12345678);
    private final Tai64n stamps = new Tai64n();

    @Test
    void stampIsSecondsFromTwoToThe62AndWhitenedNanoseconds() {
        // 1,500,000,000 s after 1970, ten seconds of TAI more; the low 24 bits of 0x12345678 gone
        assertEquals("4000000059682f0a12000000", HexFormat.of().formatHex(stamps.next(now)));
    }

    @Test
    void stampsAlwaysGrowAlsoWhenTheClockIsSetBack() {
        byte[] last = stamps.next(now);
        for (int round = 0; round < 500; round++) {
            if (round == 100) {
                now = now.minusSeconds(86_400);
            }
            byte[] next = stamps.next(now);
            assertTrue(Tai64n.isAfter(next, last), "round " + round);
            assertEquals(0, next[9] | next[10] | next[11]);
            last = next;
        }
    }

    @Test
    void comparisonIsStrictAndUnsigned() {
        byte[] low = HexFormat.of().parseHex("400000005968300a7f000000");
        byte[] high = HexFormat.of().parseHex("400000005968300a80000000");
        assertTrue(Tai64n.isAfter(high, low));
        assertFalse(Tai64n.isAfter(low, high));
        assertFalse(Tai64n.isAfter(low, low));
    }
}
