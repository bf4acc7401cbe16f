package io.jnat.wireguard.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import java.util.HexFormat;
import java.util.Random;
import javax.crypto.KeyAgreement;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Vectors of RFC 7748 section 5.2, and a slow oracle. */
@Tag("W2")
final class X25519Test {
    private static final HexFormat HEX = HexFormat.of();

    @ParameterizedTest
    @CsvSource({
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4,"
                + "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c,"
                + "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d,"
                + "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493,"
                + "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    })
    void multipliesAsTheRfcSays(String scalar, String point, String result) {
        assertEquals(
                result, HEX.formatHex(X25519.agree(HEX.parseHex(scalar), HEX.parseHex(point))));
        assertEquals(
                result,
                HEX.formatHex(SlowCrypto.x25519(HEX.parseHex(scalar), HEX.parseHex(point))));
    }

    @Test
    void thousandIterationsGiveTheRfcsResult() {
        byte[] k = new byte[32];
        k[0] = 9;
        byte[] u = k.clone();
        for (int round = 1; round <= 1000; round++) {
            byte[] next = X25519.agree(k, u);
            u = k;
            k = next;
            if (round == 1) {
                assertEquals(
                        "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
                        HEX.formatHex(k));
            }
        }
        assertEquals(
                "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51",
                HEX.formatHex(k));
    }

    @Test
    void randomKeysAgreeWithTheSlowOracle() {
        Random random = new Random(5);
        for (int round = 0; round < 30; round++) {
            byte[] scalar = new byte[32];
            byte[] point = new byte[32];
            random.nextBytes(scalar);
            random.nextBytes(point);
            X25519.clamp(scalar);
            assertArrayEquals(
                    SlowCrypto.x25519(scalar, point),
                    X25519.agree(scalar, point),
                    "round " + round);
        }
    }

    @Test
    void randomKeysAgreeWithTheJdk() throws GeneralSecurityException {
        Random random = new Random(7748);
        KeyFactory keys = KeyFactory.getInstance("X25519");
        KeyAgreement agreement = KeyAgreement.getInstance("X25519");
        for (int round = 0; round < 500; round++) {
            byte[] scalar = new byte[32];
            random.nextBytes(scalar); // both clamp it
            BigInteger u = new BigInteger(255, random);
            agreement.init(
                    keys.generatePrivate(new XECPrivateKeySpec(NamedParameterSpec.X25519, scalar)));
            agreement.doPhase(
                    keys.generatePublic(new XECPublicKeySpec(NamedParameterSpec.X25519, u)), true);
            byte[] point = new byte[32];
            for (int at = 0; at < 32; at++) {
                point[at] = u.shiftRight(8 * at).byteValue();
            }
            assertArrayEquals(agreement.generateSecret(), X25519.agree(scalar, point));
        }
    }

    /** All points of low order, canonical and not. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0000000000000000000000000000000000000000000000000000000000000000",
                "0100000000000000000000000000000000000000000000000000000000000000",
                "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            })
    void lowOrderPointsGiveNoResult(String point) {
        assertNull(X25519.agree(X25519.generatePrivateKey(), HEX.parseHex(point)));
    }

    @Test
    void generatedKeysAreClampedAndMatch() {
        byte[] mine = X25519.generatePrivateKey();
        byte[] yours = X25519.generatePrivateKey();
        assertEquals(0, mine[0] & 7);
        assertEquals(64, mine[31] & 0xc0);
        assertArrayEquals(
                X25519.agree(mine, X25519.publicKey(yours)),
                X25519.agree(yours, X25519.publicKey(mine)));
    }
}
