package io.jnat.wireguard.crypto.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Memory;
import io.jnat.wireguard.crypto.PacketKey;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Both widths run on every machine; only slowly where the machine lacks the instructions. */
@ParameterizedClass
@CsvSource({"BITS_256, false", "BITS_512, false", "BITS_512, true"})
class VectorCipherTest {
    @Parameter(0)
    VectorWidth width;

    @Parameter(1)
    boolean byTwo;

    private final byte[] keyBytes = new byte[32];
    private final Random random = new Random(7);
    private VectorCipher cipher;

    @BeforeEach
    void load() throws ReflectiveOperationException {
        cipher = new VectorCipher(KernelClass.load(width), width);
        cipher.takeTwo(byTwo);
        random.nextBytes(keyBytes);
    }

    @AfterEach
    void close() {
        cipher.close();
    }

    private PacketKey key() {
        return new PacketKey(keyBytes.clone());
    }

    /** RFC 8439, section 2.4.2; alone it goes the short way, in a burst through the lanes. */
    @ParameterizedTest
    @ValueSource(ints = {1, 8, 20})
    void sunscreenIsEncryptedAsTheRfcSays(int count) {
        byte[] text =
                ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for"
                                + " the future, sunscreen would be it.")
                        .getBytes(StandardCharsets.US_ASCII);
        for (int at = 0; at < 32; at++) {
            keyBytes[at] = (byte) at;
        }
        long counter = 0x4a000000L;
        try (Bursts burst = new Bursts(random, lengths(count, text.length), counter)) {
            for (int packet = 0; packet < count; packet++) {
                burst.counters[packet] = counter;
                Memory.copy(text, 0, burst.addresses[packet], text.length);
            }
            burst.seal(cipher, key());
            String expected =
                    "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0b"
                            + "f91b65c5524733ab8f593dabcd62b3571639d624e65152ab8f530c359f0861d8"
                            + "07ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab7793736"
                            + "5af90bbf74a35be6b40b8eedf2785e42874d";
            for (int packet = 0; packet < count; packet++) {
                assertEquals(expected, HexFormat.of().formatHex(burst.text(packet)));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 9, 16, 44, 64})
    void burstsOfAnyLengthsAreSealedAsByTheJdk(int count) {
        for (int longest : new int[] {0, 15, 16, 17, 64, 192, 193, 600, 1500}) {
            compare(random.ints(count, 0, longest + 1).toArray(), random.nextLong());
            compare(lengths(count, longest), random.nextLong());
        }
    }

    @Test
    void everyLengthUpTo1500IsSealedAsByTheJdk() {
        for (int from = 0; from <= 1500; from += 64) {
            compare(IntStream.range(from, from + 64).toArray(), from);
        }
        for (int length = 0; length <= 1500; length += 11) {
            compare(new int[] {length}, length);
            compare(new int[] {length, length + 1}, length);
        }
    }

    @Test
    void largePacketsAreSealedAsByTheJdk() {
        for (int length :
                new int[] {8192, 9000, 16_384, 16_448, 16_449, 16_513, 40_000, 65_507, 65_535}) {
            compare(new int[] {length}, length);
            compare(new int[] {100, length, 1400, length - 1, 0, 9000, 8, 77, length}, length);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 0xffff_fff0L, 0x1_0000_0000L, 0x7fff_ffff_ffff_fff0L, -20L})
    void countersAreSixtyFourBitsWide(long first) {
        compare(random.ints(40, 0, 200).toArray(), first);
        compare(new int[] {100}, first);
    }

    private void compare(int[] lengths, long firstCounter) {
        try (Bursts burst = new Bursts(random, lengths, firstCounter)) {
            burst.seal(cipher, key());
            for (int packet = 0; packet < lengths.length; packet++) {
                byte[] expected =
                        Oracle.seal(keyBytes, burst.counters[packet], burst.plain[packet]);
                int length = lengths[packet];
                assertArrayEquals(
                        expected,
                        burst.sealed(packet),
                        () -> length + " bytes in a burst of " + Arrays.toString(lengths));
            }
            assertTrue(burst.gapsAreUntouched());
            burst.open(cipher, key());
            for (int packet = 0; packet < lengths.length; packet++) {
                assertTrue(burst.authentic[packet]);
                assertArrayEquals(burst.plain[packet], burst.text(packet));
            }
            assertTrue(burst.gapsAreUntouched());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 13})
    void everyFlippedBitIsNoticedAndThePacketWiped(int count) {
        int length = 83;
        for (int bit = 0; bit < 8 * (length + 16); bit++) {
            try (Bursts burst = new Bursts(random, lengths(count, length), bit)) {
                burst.seal(cipher, key());
                int victim = bit % count;
                burst.flipBit(victim, bit);
                burst.open(cipher, key());
                for (int packet = 0; packet < count; packet++) {
                    assertEquals(packet != victim, burst.authentic[packet], "bit " + bit);
                    byte[] left = packet == victim ? new byte[length] : burst.plain[packet];
                    assertArrayEquals(left, burst.text(packet));
                }
                assertTrue(burst.gapsAreUntouched());
            }
        }
    }

    @Test
    void anotherKeyOrCounterOpensNothing() {
        try (Bursts burst = new Bursts(random, lengths(12, 333), 5)) {
            burst.seal(cipher, key());
            byte[][] sealed = IntStream.range(0, 12).mapToObj(burst::sealed).toArray(byte[][]::new);
            burst.counters[3]++;
            burst.open(cipher, key());
            for (int packet = 0; packet < 12; packet++) {
                assertEquals(packet != 3, burst.authentic[packet]);
                Memory.copy(sealed[packet], 0, burst.addresses[packet], 349);
            }
            burst.counters[3]--;
            keyBytes[31] ^= 1;
            burst.open(cipher, key());
            for (boolean opened : burst.authentic) {
                assertFalse(opened);
            }
        }
    }

    /** Only the packets between {@code first} and {@code first + count}. */
    @Test
    void theRestOfTheArraysIsLeftAlone() {
        try (Bursts burst = new Bursts(random, lengths(20, 100), 5)) {
            cipher.seal(key(), burst.addresses, burst.lengths, burst.counters, 4, 9);
            for (int packet = 0; packet < 20; packet++) {
                boolean sealed = packet >= 4 && packet < 13;
                assertEquals(!sealed, Arrays.equals(burst.plain[packet], burst.text(packet)));
            }
            cipher.open(
                    key(), burst.addresses, burst.lengths, burst.counters, burst.authentic, 4, 9);
            for (int packet = 0; packet < 20; packet++) {
                assertEquals(packet >= 4 && packet < 13, burst.authentic[packet]);
                assertArrayEquals(burst.plain[packet], burst.text(packet));
            }
        }
    }

    /**
     * The last text block is chosen so that Poly1305's h, before the second half of the key is
     * added, is at an edge: 0, p − 1, around 2^128. A lost carry or a missing last reduction shows
     * only there.
     */
    @ParameterizedTest
    @ValueSource(ints = {32, 176, 400, 1424})
    void authenticatorIsRightAtTheEdgesOfItsField(int length) {
        int found = 0;
        for (BigInteger target : edges()) {
            for (long counter = 0; counter < 60; counter++) {
                byte[] plain = plainFor(target, counter, length);
                if (plain == null) {
                    continue;
                }
                found++;
                for (int count : new int[] {1, 2, 8}) {
                    sealsLikeTheJdk(plain, counter, count);
                }
                break;
            }
        }
        assertEquals(edges().length, found);
    }

    private void sealsLikeTheJdk(byte[] plain, long counter, int count) {
        byte[] expected = Oracle.seal(keyBytes, counter, plain);
        try (Bursts burst = new Bursts(random, lengths(count, plain.length), counter)) {
            for (int packet = 0; packet < count; packet++) {
                Memory.copy(plain, 0, burst.addresses[packet], plain.length);
                burst.counters[packet] = counter;
            }
            burst.seal(cipher, key());
            for (int packet = 0; packet < count; packet++) {
                assertArrayEquals(expected, burst.sealed(packet));
            }
        }
    }

    private static BigInteger[] edges() {
        BigInteger two128 = BigInteger.TWO.pow(128);
        return IntStream.rangeClosed(-6, 6)
                .mapToObj(BigInteger::valueOf)
                .flatMap(near ->
                        IntStream.of(0, 1, 2)
                                .mapToObj(at ->
                                        BigInteger.valueOf(at)
                                                .multiply(two128)
                                                .add(near)
                                                .mod(Oracle.P)))
                .toArray(BigInteger[]::new);
    }

    /** A text whose authenticator ends at {@code target}, or null if no last block does that. */
    private byte[] plainFor(BigInteger target, long counter, int length) {
        byte[] polyKey = Oracle.polyKey(keyBytes, counter);
        BigInteger r = Oracle.r(polyKey);
        BigInteger inverse = r.modInverse(Oracle.P);
        byte[] plain = new byte[length];
        Arrays.fill(plain, 0, length - 16, (byte) 0xff);
        byte[] ciphertext = Oracle.seal(keyBytes, counter, plain);
        byte[] before = Arrays.copyOf(ciphertext, length - 16);
        byte[] sizes = new byte[16];
        sizes[8] = (byte) length;
        sizes[9] = (byte) (length >>> 8);
        BigInteger sizeBlock = Oracle.number(sizes).setBit(128);
        BigInteger block =
                target.multiply(inverse)
                        .subtract(sizeBlock)
                        .multiply(inverse)
                        .subtract(Oracle.absorb(BigInteger.ZERO, r, before))
                        .mod(Oracle.P);
        if (block.shiftRight(128).intValue() != 1) {
            return null;
        }
        BigInteger wanted = block.clearBit(128);
        for (int at = 0; at < 16; at++) {
            // the ciphertext of zeros is the keystream
            plain[length - 16 + at] =
                    (byte) (wanted.shiftRight(8 * at).intValue() ^ ciphertext[length - 16 + at]);
        }
        byte[] check = Arrays.copyOf(Oracle.seal(keyBytes, counter, plain), length);
        BigInteger h = Oracle.absorb(Oracle.absorb(BigInteger.ZERO, r, check), r, sizes);
        assertEquals(target, h, "the test's own arithmetic");
        return plain;
    }

    @Test
    void eachBurstIsSealedWithItsOwnKey() {
        byte[] first = keyBytes.clone();
        try (Bursts burst = new Bursts(random, lengths(9, 100), 5)) {
            burst.seal(cipher, key());
            random.nextBytes(keyBytes);
            burst.seal(cipher, key());
            byte[] once = Arrays.copyOf(Oracle.seal(first, 5, burst.plain[0]), 100);
            byte[] twice = Oracle.seal(keyBytes, 5, once);
            assertArrayEquals(twice, burst.sealed(0));
        }
    }

    @Test
    void keepingWarmLeavesNothingOfItsKeyBehind() {
        try (Bursts burst = new Bursts(random, lengths(1, 208), 0)) {
            cipher.keepWarm();
            burst.seal(cipher, key());
            assertArrayEquals(Oracle.seal(keyBytes, 0, burst.plain[0]), burst.sealed(0));
            cipher.keepWarm();
            burst.open(cipher, key());
            assertTrue(burst.authentic[0]);
            assertArrayEquals(burst.plain[0], burst.text(0));
        }
    }

    private static int[] lengths(int count, int length) {
        int[] lengths = new int[count];
        Arrays.fill(lengths, length);
        return lengths;
    }
}
