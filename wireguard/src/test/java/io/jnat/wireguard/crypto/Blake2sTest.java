package io.jnat.wireguard.crypto;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Vectors of RFC 7693. */
@Tag("W1")
final class Blake2sTest {
    private static final HexFormat HEX = HexFormat.of();

    @Test
    void hashesAbcAsAppendixBSays() {
        assertEquals(
                "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982",
                HEX.formatHex(Blake2s.hash("abc".getBytes(US_ASCII))));
    }

    /** All lengths and keys of the self-test in appendix E, folded into one hash. */
    @Test
    void passesTheSelfTestOfAppendixE() {
        Blake2s folded = new Blake2s(new byte[0], 32);
        for (int length : new int[] {16, 20, 28, 32}) {
            for (int input : new int[] {0, 3, 64, 65, 255, 1024}) {
                byte[] data = sequence(input, input);
                folded.update(
                        new Blake2s(new byte[0], length).update(data, 0, input).digest(),
                        0,
                        length);
                byte[] key = sequence(length, length);
                folded.update(new Blake2s(key, length).update(data, 0, input).digest(), 0, length);
            }
        }
        assertEquals(
                "6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe",
                HEX.formatHex(folded.digest()));
    }

    @Test
    void piecesGiveTheSameAsTheWhole() {
        byte[] data = sequence(1000, 7);
        byte[] whole = Blake2s.hash(data);
        for (int cut = 0; cut <= 200; cut++) {
            Blake2s pieces = new Blake2s(new byte[0], 32);
            pieces.update(data, 0, cut).update(data, cut, data.length - cut);
            assertArrayEquals(whole, pieces.digest());
        }
    }

    @Test
    void hmacIsWhatRfc2104Says() {
        byte[] key = sequence(32, 1);
        byte[] data = sequence(77, 2);
        byte[] inner = new byte[64];
        byte[] outer = new byte[64];
        for (int at = 0; at < 64; at++) {
            inner[at] = (byte) ((at < 32 ? key[at] : 0) ^ 0x36);
            outer[at] = (byte) ((at < 32 ? key[at] : 0) ^ 0x5c);
        }
        assertArrayEquals(
                Blake2s.hash(outer, Blake2s.hash(inner, data)),
                Blake2s.hmac(key, Arrays.copyOf(data, 20), Arrays.copyOfRange(data, 20, 77)));
    }

    @Test
    void refusesKeysAndResultsThatAreTooLong() {
        assertThrows(IllegalArgumentException.class, () -> new Blake2s(new byte[33], 32));
        assertThrows(IllegalArgumentException.class, () -> new Blake2s(new byte[0], 33));
        assertThrows(IllegalArgumentException.class, () -> new Blake2s(new byte[0], 0));
    }

    /** The deterministic sequence of RFC 7693 appendix E. */
    private static byte[] sequence(int length, int seed) {
        byte[] out = new byte[length];
        int a = 0xDEAD4BAD * seed;
        int b = 1;
        for (int at = 0; at < length; at++) {
            int t = a + b;
            a = b;
            b = t;
            out[at] = (byte) (t >>> 24);
        }
        return out;
    }
}
