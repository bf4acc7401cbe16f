package io.jnat.cli.config;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.SecureRandom;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import javax.crypto.KeyAgreement;

/** Makes WireGuard's keys: X25519 (RFC 7748, section 5) by the JDK. */
public final class X25519 {
    private static final BigInteger BASE_POINT = BigInteger.valueOf(9);

    private X25519() {}

    /** 32 random bytes, clamped as WireGuard's tools do it. */
    public static byte[] newPrivateKey() {
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        key[0] &= (byte) 248;
        key[31] = (byte) ((key[31] & 127) | 64);
        return key;
    }

    /** The public key that belongs to a private one: its product with the base point. */
    public static byte[] publicKey(byte[] privateKey) {
        try {
            KeyFactory keys = KeyFactory.getInstance("X25519");
            KeyAgreement product = KeyAgreement.getInstance("X25519");
            product.init(
                    keys.generatePrivate(
                            new XECPrivateKeySpec(NamedParameterSpec.X25519, privateKey)));
            product.doPhase(
                    keys.generatePublic(
                            new XECPublicKeySpec(NamedParameterSpec.X25519, BASE_POINT)),
                    true);
            return product.generateSecret();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("X25519 is part of every JDK 25", e);
        }
    }
}
