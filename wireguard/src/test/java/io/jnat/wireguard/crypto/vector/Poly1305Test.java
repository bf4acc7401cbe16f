package io.jnat.wireguard.crypto.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import io.jnat.wireguard.crypto.Poly1305;
import io.jnat.wireguard.crypto.Wycheproof;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class Poly1305Test {
    private static final BigInteger LOW_64 = BigInteger.TWO.pow(64).subtract(BigInteger.ONE);

    private final Poly1305 poly = new Poly1305();
    private final Random random = new Random(3);

    /** RFC 8439, section 2.5.2; the last block has 2 bytes and its bit right above them. */
    @Test
    void rfcExample() {
        byte[] key =
                HexFormat.of()
                        .parseHex(
                                "85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b");
        byte[] text =
                "Cryptographic Forum Research Group"
                        .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        BigInteger unclamped = Oracle.number(Arrays.copyOf(key, 16));
        begin(unclamped, Oracle.s(key));
        for (int at = 0; at < text.length; at += 16) {
            byte[] block = Arrays.copyOfRange(text, at, Math.min(at + 16, text.length));
            BigInteger value = Oracle.number(block).setBit(8 * block.length);
            poly.add(
                    value.longValue(),
                    value.shiftRight(64).longValue(),
                    value.shiftRight(128).longValue());
            poly.multiply();
        }
        assertEquals("a8061dc1305136c6c22b8baf0c0127a9", tag());
    }

    /** RFC 8439, appendix A.3, vectors 7 to 9: sums that reach p, 2^128 and 2^130. */
    @ParameterizedTest
    @CsvSource({
        "02000000000000000000000000000000, 00000000000000000000000000000000,"
                + " ffffffffffffffffffffffffffffffff, 03000000000000000000000000000000",
        "02000000000000000000000000000000, ffffffffffffffffffffffffffffffff,"
                + " 02000000000000000000000000000000, 03000000000000000000000000000000",
        "02000000000000000000000000000000, 00000000000000000000000000000000,"
                + " fdffffffffffffffffffffffffffffff, faffffffffffffffffffffffffffffff"
    })
    void sumsAtTheEdge(String r, String s, String block, String tag) {
        HexFormat hex = HexFormat.of();
        begin(Oracle.number(hex.parseHex(r)), Oracle.number(hex.parseHex(s)));
        BigInteger value = Oracle.number(hex.parseHex(block));
        poly.add(value.longValue(), value.shiftRight(64).longValue(), 1);
        poly.multiply();
        assertEquals(tag, tag());
    }

    /** Here associated data is text like any other, so that all with a nonce of 12 bytes fit. */
    @Test
    void tagsAreWycheproofsAndOfItsWrongOnesNoneIs() {
        int right = 0;
        int wrong = 0;
        for (Wycheproof.Aead vector : Wycheproof.chaCha20Poly1305()) {
            if (vector.nonce().length != 12) {
                continue;
            }
            byte[] key = Oracle.polyKey(vector.key(), vector.nonce());
            begin(Oracle.r(key), Oracle.s(key));
            byte[] text = authenticated(vector.associated(), vector.encrypted());
            for (int at = 0; at < text.length; at += 16) {
                BigInteger block = Oracle.number(Arrays.copyOfRange(text, at, at + 16));
                poly.add(block.longValue(), block.shiftRight(64).longValue(), 1);
                poly.multiply();
            }
            boolean same = tag().equals(HexFormat.of().formatHex(vector.tag()));
            assertEquals(vector.valid(), same, "tcId " + vector.id());
            right += same ? 1 : 0;
            wrong += same ? 0 : 1;
        }
        assertEquals(233, right);
        assertEquals(60, wrong);
    }

    /** RFC 8439 section 2.8: both padded to whole blocks, and their lengths. */
    private static byte[] authenticated(byte[] associated, byte[] encrypted) {
        int second = (associated.length + 15) / 16 * 16;
        int lengths = second + (encrypted.length + 15) / 16 * 16;
        ByteBuffer all = ByteBuffer.allocate(lengths + 16).order(ByteOrder.LITTLE_ENDIAN);
        all.put(0, associated).put(second, encrypted);
        all.putLong(lengths, associated.length).putLong(lengths + 8, encrypted.length);
        return all.array();
    }

    @Test
    void textsOfAnyLengthAgreeWithBigIntegers() {
        try (Slab memory = Slab.allocate(2048)) {
            for (int length = 0; length < 200; length++) {
                byte[] key = new byte[32];
                random.nextBytes(key);
                byte[] text = new byte[length];
                random.nextBytes(text);
                if (length % 3 == 0) {
                    Arrays.fill(text, (byte) 0xff);
                    Arrays.fill(key, (byte) 0xff);
                }
                Memory.copy(text, 0, memory.address(), length);
                begin(Oracle.r(key), Oracle.s(key));
                poly.absorb(memory.address(), length);
                byte[] padded = Arrays.copyOf(text, (length + 15) / 16 * 16 + 16);
                padded[padded.length - 8] = (byte) length;
                BigInteger h = Oracle.absorb(BigInteger.ZERO, Oracle.r(key), padded);
                assertEquals(hex(h.add(Oracle.s(key))), tag(), "length " + length);
            }
        }
    }

    /** The kernel with the largest multiplier and the largest blocks, lane by lane. */
    @ParameterizedTest
    @EnumSource(VectorWidth.class)
    void lanesAgreeWithBigIntegers(VectorWidth width) throws ReflectiveOperationException {
        VectorKernels kernels = KernelClass.load(width);
        int lanes = width.longs();
        int blocks = 40;
        long[] h = new long[5 * lanes];
        long[] r = new long[7 * lanes];
        long[] stage = new long[blocks * width.stagedBlock()];
        BigInteger[] expected = new BigInteger[lanes];
        for (int lane = 0; lane < lanes; lane++) {
            BigInteger multiplier =
                    lane == 0 ? Oracle.CLAMP : new BigInteger(128, random).and(Oracle.CLAMP);
            putMultiplier(r, lanes, lane, multiplier);
            expected[lane] = BigInteger.ZERO;
            for (int block = 0; block < blocks; block++) {
                BigInteger value =
                        lane < 2 ? LOW_64.shiftLeft(64).or(LOW_64) : new BigInteger(128, random);
                int place = block * width.stagedBlock() + lane;
                stage[place] = value.longValue();
                stage[place + lanes] = value.shiftRight(64).longValue();
                stage[place + 2 * lanes] = 1;
                expected[lane] =
                        expected[lane].multiply(multiplier).add(value.setBit(128)).mod(Oracle.P);
            }
        }
        kernels.multiply(h, r, stage, stage.length);
        for (int lane = 0; lane < lanes; lane++) {
            BigInteger sum = BigInteger.ZERO;
            for (int limb = 4; limb >= 0; limb--) {
                long value =
                        limb < 4 ? h[limb * lanes + lane] & 0xffff_ffffL : h[limb * lanes + lane];
                sum = sum.shiftLeft(32).add(BigInteger.valueOf(value));
            }
            assertEquals(expected[lane], sum.mod(Oracle.P), "lane " + lane);
        }
    }

    private static void putMultiplier(long[] r, int lanes, int lane, BigInteger multiplier) {
        for (int limb = 0; limb < 4; limb++) {
            long value = multiplier.shiftRight(32 * limb).longValue() & 0xffff_ffffL;
            r[limb * lanes + lane] = value;
            if (limb > 0) {
                r[(3 + limb) * lanes + lane] = value / 4 * 5;
            }
        }
    }

    private void begin(BigInteger r, BigInteger s) {
        poly.begin(
                r.longValue(),
                r.shiftRight(64).longValue(),
                s.longValue(),
                s.shiftRight(64).longValue());
    }

    private String tag() {
        poly.end();
        return HexFormat.of().toHexDigits(Long.reverseBytes(poly.tagLow()))
                + HexFormat.of().toHexDigits(Long.reverseBytes(poly.tagHigh()));
    }

    private static String hex(BigInteger number) {
        return HexFormat.of().toHexDigits(Long.reverseBytes(number.longValue()))
                + HexFormat.of().toHexDigits(Long.reverseBytes(number.shiftRight(64).longValue()));
    }
}
