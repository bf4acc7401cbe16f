package io.jnat.cli.lab;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.XECPrivateKey;
import java.security.interfaces.XECPublicKey;
import java.util.Base64;

/** An X25519 key pair as WireGuard writes it: 32 bytes, little-endian, base64. */
public final class LabKey {

    private static final int KEY_BYTES = 32;

    private final String privateText;
    private final String publicText;

    private LabKey(String privateText, String publicText) {
        this.privateText = privateText;
        this.publicText = publicText;
    }

    /** A new pair, from the JDK. */
    public static LabKey generate() {
        try {
            KeyPair pair = KeyPairGenerator.getInstance("X25519").generateKeyPair();
            byte[] scalar =
                    ((XECPrivateKey) pair.getPrivate())
                            .getScalar()
                            .orElseThrow(
                                    () -> new IllegalStateException("X25519 key hides itself"));
            BigInteger u = ((XECPublicKey) pair.getPublic()).getU();
            byte[] littleEndian = new byte[KEY_BYTES];
            for (int i = 0; i < KEY_BYTES; i++) {
                littleEndian[i] = u.shiftRight(8 * i).byteValue();
            }
            Base64.Encoder base64 = Base64.getEncoder();
            return new LabKey(base64.encodeToString(scalar), base64.encodeToString(littleEndian));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has X25519", e);
        }
    }

    /** For the private key's file only; never printed. */
    public String privateText() {
        return privateText;
    }

    /** For the other end's configuration. */
    public String publicText() {
        return publicText;
    }
}
