package io.jnat.wireguard.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@link Wycheproof}'s vectors through the handshake's AEAD, the cookies', and X25519. */
final class WycheproofTest {
    private static final int NONCE_BYTES = 12;

    /** A way to seal or to open: key, nonce, text, associated data; null when it is refused. */
    private interface Step {
        byte @Nullable [] run(byte[] key, byte[] nonce, byte[] text, byte[] associated);
    }

    /** A handshake's nonce is made from a counter: it has 12 bytes. */
    @Test
    @Tag("W1")
    void handshakesAeadSealsAndRefusesAsWycheproofSays() {
        assertAgrees(
                Wycheproof.chaCha20Poly1305(),
                NONCE_BYTES,
                ChaCha20Poly1305::seal,
                ChaCha20Poly1305::open,
                List.of(233, 60, 7));
    }

    /** A cookie reply has room for 24 bytes. */
    @Test
    @Tag("W7")
    void cookiesAeadSealsAndRefusesAsWycheproofSays() {
        assertAgrees(
                Wycheproof.xChaCha20Poly1305(),
                ChaCha20Poly1305.EXTENDED_NONCE_BYTES,
                ChaCha20Poly1305::sealExtended,
                ChaCha20Poly1305::openExtended,
                List.of(220, 60, 4));
    }

    private static void assertAgrees(
            List<Wycheproof.Aead> vectors,
            int nonceBytes,
            Step seal,
            Step open,
            List<Integer> validRefusedOtherNonces) {
        int valid = 0;
        int refused = 0;
        int otherNonces = 0;
        for (Wycheproof.Aead vector : vectors) {
            byte[] nonce = vector.nonce();
            if (nonce.length != nonceBytes) {
                otherNonces++;
                continue;
            }
            byte[] associated = vector.associated();
            byte[] opened = open.run(vector.key(), nonce, vector.sealed(), associated);
            byte[] sealed = seal.run(vector.key(), nonce, vector.plain(), associated);
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
        assertEquals(validRefusedOtherNonces, List.of(valid, refused, otherNonces));
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
