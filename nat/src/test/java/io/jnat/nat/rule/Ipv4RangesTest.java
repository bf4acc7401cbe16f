package io.jnat.nat.rule;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Networks in networks, against asking each of them. */
@Tag("N41")
final class Ipv4RangesTest {
    @Test
    void networksWithinOthersHideNothing() {
        Random random = new Random(11);
        for (int round = 0; round < 500; round++) {
            List<Ipv4Prefix> prefixes = new ArrayList<>();
            for (int number = random.nextInt(12); number >= 0; number--) {
                prefixes.add(
                        prefix(
                                Ipv4Prefix.parseAddress("10.0.0.0") + random.nextInt(3 << 16),
                                random));
            }
            Ipv4Ranges ranges = Ipv4Ranges.of(prefixes);
            for (int asked = 0; asked < 200; asked++) {
                int address = Ipv4Prefix.parseAddress("10.0.0.0") + random.nextInt(4 << 16);
                boolean inOne =
                        prefixes.stream()
                                .anyMatch(one -> isBetween(one.address(), address, one.last()));
                assertEquals(inOne, ranges.contains(address), () -> prefixes.toString());
            }
        }
    }

    private static Ipv4Prefix prefix(int address, Random random) {
        int bits = 14 + random.nextInt(18);
        return Ipv4Prefix.parse(Ipv4Prefix.format(address & -1 << 32 - bits) + "/" + bits);
    }

    private static boolean isBetween(int first, int address, int last) {
        return Integer.compareUnsigned(first, address) <= 0
                && Integer.compareUnsigned(address, last) <= 0;
    }
}
