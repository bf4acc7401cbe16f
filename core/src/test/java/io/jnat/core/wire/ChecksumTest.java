package io.jnat.core.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

final class ChecksumTest {
    /** The example of RFC 1071 section 3: 00 01 f2 03 f4 f5 f6 f7 sums to ddf2. */
    @Test
    void sumOfTheRfcsExample() {
        byte[] example = {0, 1, (byte) 0xf2, 3, (byte) 0xf4, (byte) 0xf5, (byte) 0xf6, (byte) 0xf7};
        try (NativeBytes bytes = new NativeBytes(example)) {
            assertEquals(0xddf2, Checksum.sum(bytes.address(), 8));
        }
    }

    /** The example of RFC 1624 section 4: eqn 3 gives 0000 where eqn 2 gave ffff. */
    @Test
    void incrementalChangeOfTheRfcsExample() {
        int difference = Checksum.difference16(0x5555, 0x3285);
        assertEquals(0x0000, Checksum.update(0xdd2f, difference));
    }

    @Test
    void sumIsThatOfSixteenBitWordsAtEveryLength() {
        Random random = new Random(1);
        for (int length = 0; length < 200; length++) {
            byte[] data = new byte[length];
            random.nextBytes(data);
            if (length % 3 == 0) {
                java.util.Arrays.fill(data, (byte) 0xff);
            }
            try (NativeBytes bytes = new NativeBytes(data)) {
                assertEquals(slowSum(data), Checksum.sum(bytes.address(), length));
            }
        }
    }

    @Test
    void incrementalChangesEqualComputingAfresh() {
        Random random = new Random(2);
        for (int round = 0; round < 2000; round++) {
            byte[] data = new byte[40];
            random.nextBytes(data);
            data[0] = 1; // a sum of nothing but zeros has two forms
            int checksum = ~slowSum(data) & 0xffff;
            int at = 2 + 2 * random.nextInt(15);
            long before = word(data, at, 8);
            long after = random.nextInt(4) == 0 ? 0 : random.nextLong();
            int difference =
                    switch (round % 3) {
                        case 0 -> {
                            put(data, at, 2, after);
                            yield Checksum.difference16((int) (before >>> 48), (int) after);
                        }
                        case 1 -> {
                            put(data, at, 4, after);
                            yield Checksum.difference32((int) (before >>> 32), (int) after);
                        }
                        default -> {
                            put(data, at, 8, after);
                            yield Checksum.difference64(before, after);
                        }
                    };
            assertEquals(~slowSum(data) & 0xffff, Checksum.update(checksum, difference));
        }
    }

    @Test
    void foldsTheLargestSums() {
        assertEquals(0xffff, Checksum.fold(-1L));
        assertEquals(1, Checksum.fold(0x1_0000_0000L));
        assertTrue(Checksum.fold(0xffff_ffff_0000_0001L) <= 0xffff);
    }

    private static long word(byte[] data, int at, int bytes) {
        long word = 0;
        for (int i = 0; i < bytes; i++) {
            word = word << 8 | data[at + i] & 0xff;
        }
        return word;
    }

    private static void put(byte[] data, int at, int bytes, long word) {
        for (int i = 0; i < bytes; i++) {
            data[at + i] = (byte) (word >>> 8 * (bytes - 1 - i));
        }
    }

    private static int slowSum(byte[] data) {
        int sum = 0;
        for (int i = 0; i < data.length; i += 2) {
            sum += (data[i] & 0xff) << 8 | (i + 1 < data.length ? data[i + 1] & 0xff : 0);
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return sum;
    }
}
