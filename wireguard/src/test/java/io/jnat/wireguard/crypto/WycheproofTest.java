package io.jnat.wireguard.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@link Wycheproof}'s vectors through the handshake's AEAD, the cookies', and X25519. */
final class WycheproofTest {
    private static final int NONCE_BYTES = 12;

    @Test
    @Tag("W1")
    void handshakesAeadSealsAndRefusesAsWycheproofSays() {
        int valid = 0;
        int refused = 0;
        int otherNonces = 0;
        for (Wycheproof.Aead vector : Wycheproof.chaCha20Poly1305()) {
            if (vector.nonce().length != NONCE_BYTES) {
                otherNonces++; // a handshake's nonce is made from a counter: it has 12 bytes
                continue;
            }
            byte[] opened =
                    ChaCha20Poly1305.open(
                            vector.key(), vector.nonce(), vector.sealed(), vector.associated());
            byte[] sealed =
                    ChaCha20Poly1305.seal(
                            vector.key(), vector.nonce(), vector.plain(), vector.associated());
            String name = "tcId " + vector.id();
            if (vector.valid()) {
                valid++;
                assertArrayEquals(vector.plain(), opened, name);
                assertArrayEquals(vector.sealed(), sealed, name);
            } else {
                refused++;
                assertNull(opened, name);
            }
        }
        assertEquals(233, valid);
        assertEquals(60, refused);
        assertEquals(7, otherNonces);
    }

    @Test
    @Tag("W7")
    void cookiesAeadSealsAndRefusesAsWycheproofSays() {
        int valid = 0;
        int refused = 0;
        int otherNonces = 0;
        for (Wycheproof.Aead vector : Wycheproof.xChaCha20Poly1305()) {
            if (vector.nonce().length != ChaCha20Poly1305.EXTENDED_NONCE_BYTES) {
                otherNonces++; // a cookie reply has room for 24 bytes
                continue;
            }
            byte[] opened =
                    ChaCha20Poly1305.openExtended(
                            vector.key(), vector.nonce(), vector.sealed(), vector.associated());
            byte[] sealed =
                    ChaCha20Poly1305.sealExtended(
                            vector.key(), vector.nonce(), vector.plain(), vector.associated());
            String name = "tcId " + vector.id();
            if (vector.valid()) {
                valid++;
                assertArrayEquals(vector.plain(), opened, name);
                assertArrayEquals(vector.sealed(), sealed, name);
            } else {
                refused++;
                assertNull(opened, name);
            }
        }
        assertEquals(220, valid);
        assertEquals(60, refused);
        assertEquals(4, otherNonces);
    }

    /** Points on the twist and keys that are not reduced count too; of low order ones none does. */
    @Test
    @Tag("W2")
    void agreementsAreWycheproofsAndNoneWithAKeyOfLowOrder() {
        int agreed = 0;
        int lowOrder = 0;
        byte[] zero = new byte[X25519.KEY_BYTES];
        for (Wycheproof.Agreement vector : Wycheproof.x25519()) {
            byte[] shared = X25519.agree(vector.privateKey(), vector.publicKey());
            String name = "tcId " + vector.id();
            if (Arrays.equals(vector.shared(), zero)) {
                lowOrder++;
                assertNull(shared, name);
            } else {
                agreed++;
                assertArrayEquals(vector.shared(), shared, name);
            }
        }
        assertEquals(487, agreed);
        assertEquals(31, lowOrder);
    }
}
