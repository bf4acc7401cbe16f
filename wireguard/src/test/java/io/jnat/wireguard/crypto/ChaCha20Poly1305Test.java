package io.jnat.wireguard.crypto;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.HexFormat;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Vectors of RFC 8439 and draft-irtf-cfrg-xchacha. */
@Tag("W1")
final class ChaCha20Poly1305Test {
    private static final HexFormat HEX = HexFormat.of();
    private static final byte[] SUNSCREEN =
            ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for "
                            + "the future, sunscreen would be it.")
                    .getBytes(US_ASCII);
    private static final byte[] KEY =
            HEX.parseHex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
    private static final byte[] ASSOCIATED = HEX.parseHex("50515253c0c1c2c3c4c5c6c7");

    /** RFC 8439 section 2.8.2. */
    private static final String SEALED =
            "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
                    + "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
                    + "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
                    + "3ff4def08e4b7a9de576d26586cec64b6116"
                    + "1ae10b594f09e26a7e902ecbd0600691";

    @Test
    void sealsAsTheRfcSays() {
        byte[] nonce = HEX.parseHex("070000004041424344454647");
        assertEquals(
                SEALED, HEX.formatHex(ChaCha20Poly1305.seal(KEY, nonce, SUNSCREEN, ASSOCIATED)));
        assertEquals(SEALED, HEX.formatHex(SlowCrypto.seal(KEY, nonce, SUNSCREEN, ASSOCIATED)));
        assertArrayEquals(
                SUNSCREEN, ChaCha20Poly1305.open(KEY, nonce, HEX.parseHex(SEALED), ASSOCIATED));
    }

    @Test
    void counterIsTheLittleEndianEndOfTheNonce() {
        byte[] nonce = HEX.parseHex("00000000efcdab8967452301");
        assertArrayEquals(
                SlowCrypto.seal(KEY, nonce, SUNSCREEN, ASSOCIATED),
                ChaCha20Poly1305.seal(KEY, 0x0123456789abcdefL, SUNSCREEN, ASSOCIATED));
    }

    /** draft-irtf-cfrg-xchacha section 2.2.1. */
    @Test
    void hchachaDerivesTheDraftsKey() {
        assertEquals(
                "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc",
                HEX.formatHex(
                        HChaCha20.subKey(
                                HEX.parseHex(
                                        "000102030405060708090a0b0c0d0e0f"
                                                + "101112131415161718191a1b1c1d1e1f"),
                                HEX.parseHex("000000090000004a0000000031415927"))));
    }

    /** draft-irtf-cfrg-xchacha appendix A.3.1. */
    @Test
    @Tag("W7")
    void extendedNonceSealsAsTheDraftSays() {
        byte[] nonce = HEX.parseHex("404142434445464748494a4b4c4d4e4f5051525354555657");
        byte[] sealed = ChaCha20Poly1305.sealExtended(KEY, nonce, SUNSCREEN, ASSOCIATED);
        assertEquals(
                "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
                        + "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
                        + "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
                        + "21f9664c97637da9768812f615c68b13b52e"
                        + "c0875924c1c7987947deafd8780acf49",
                HEX.formatHex(sealed));
        assertArrayEquals(SUNSCREEN, ChaCha20Poly1305.openExtended(KEY, nonce, sealed, ASSOCIATED));
    }

    @Test
    void anyFlippedBitIsRefused() {
        byte[] sealed = HEX.parseHex(SEALED);
        byte[] nonce = HEX.parseHex("070000004041424344454647");
        for (int bit = 0; bit < sealed.length * 8; bit += 5) {
            sealed[bit / 8] ^= (byte) (1 << bit % 8);
            assertNull(ChaCha20Poly1305.open(KEY, nonce, sealed, ASSOCIATED));
            sealed[bit / 8] ^= (byte) (1 << bit % 8);
        }
        assertNull(ChaCha20Poly1305.open(KEY, nonce, new byte[15], ASSOCIATED));
    }
}
