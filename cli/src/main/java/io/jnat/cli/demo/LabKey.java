package io.jnat.cli.demo;

import io.jnat.wireguard.WireGuardKey;

/** An X25519 key pair as WireGuard writes it: 32 bytes, little-endian, base64. */
public final class LabKey {

    private final String privateText;
    private final String publicText;

    private LabKey(String privateText, String publicText) {
        this.privateText = privateText;
        this.publicText = publicText;
    }

    /** A new pair. */
    public static LabKey generate() {
        WireGuardKey key = WireGuardKey.generatePrivate();
        return new LabKey(key.base64(), key.publicKey().base64());
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
