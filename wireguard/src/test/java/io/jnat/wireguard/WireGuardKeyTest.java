package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Base64;
import org.junit.jupiter.api.Test;

/** Keys as people write them. */
final class WireGuardKeyTest {
    /** RFC 7748 section 6.1 gives base point 9 for this scalar of section 5.2's iteration. */
    @Test
    void publicKeyIsTheScalarTimesNine() {
        byte[] nine = new byte[32];
        nine[0] = 9;
        assertEquals(
                "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
                WireGuardKey.of(nine).publicKey().hex());
    }

    @Test
    void textFormsAreReadBack() {
        WireGuardKey key = WireGuardKey.generatePrivate();
        assertEquals(key, WireGuardKey.of(Base64.getDecoder().decode(key.base64())));
        assertEquals(key, WireGuardKey.fromHex(key.hex()));
        assertEquals(44, key.base64().length());
        assertEquals(key.hashCode(), WireGuardKey.fromHex(key.hex()).hashCode());
        assertNotEquals(key, WireGuardKey.generatePrivate());
        assertFalse(key.isZero());
        assertTrue(WireGuardKey.of(new byte[32]).isZero());
    }

    @Test
    void wrongTextIsRefusedAndNeverRepeated() {
        for (String text : new String[] {"", "secret", "AAAA", "%%%%", "00"}) {
            Exception refused =
                    assertThrows(IllegalArgumentException.class, () -> WireGuardKey.fromHex(text));
            assertTrue(text.isEmpty() || !refused.getMessage().contains(text));
        }
    }

    @Test
    void printingAKeyShowsNothing() {
        WireGuardKey key = WireGuardKey.generatePrivate();
        assertEquals("WireGuardKey", key.toString());
    }
}
