package io.jnat.cli.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.math.BigInteger;
import java.security.KeyFactory;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import java.util.Base64;
import javax.crypto.KeyAgreement;
import org.junit.jupiter.api.Test;

final class LabKeyTest {

    @Test
    void publicKeyIsThePrivateKeyTimesTheBasePoint() throws Exception {
        LabKey key = LabKey.generate();
        KeyFactory factory = KeyFactory.getInstance("X25519");
        KeyAgreement agreement = KeyAgreement.getInstance("X25519");
        byte[] scalar = Base64.getDecoder().decode(key.privateText());
        agreement.init(
                factory.generatePrivate(new XECPrivateKeySpec(NamedParameterSpec.X25519, scalar)));
        agreement.doPhase(
                factory.generatePublic(
                        new XECPublicKeySpec(NamedParameterSpec.X25519, BigInteger.valueOf(9))),
                true);
        assertEquals(
                key.publicText(), Base64.getEncoder().encodeToString(agreement.generateSecret()));
    }

    @Test
    void twoKeysDiffer() {
        assertNotEquals(LabKey.generate().publicText(), LabKey.generate().publicText());
    }
}
