package io.jnat.wireguard.crypto;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Project Wycheproof's vectors: keys, nonces, texts and sums at the edges of what implementations
 * tend to get wrong. Our own files hold the values of its JSON, a vector a line; their first lines
 * name the source.
 */
public final class Wycheproof {
    private static final HexFormat HEX = HexFormat.of();

    private Wycheproof() {}

    /** A vector of an AEAD; one that is not valid has a wrong tag or a nonce of another length. */
    public static final class Aead {
        private final String[] fields;

        private Aead(String[] fields) {
            this.fields = fields;
        }

        public int id() {
            return Integer.parseInt(fields[0]);
        }

        public byte[] key() {
            return bytes(fields[1]);
        }

        public byte[] nonce() {
            return bytes(fields[2]);
        }

        public byte[] associated() {
            return bytes(fields[3]);
        }

        public byte[] plain() {
            return bytes(fields[4]);
        }

        public byte[] encrypted() {
            return bytes(fields[5]);
        }

        public byte[] tag() {
            return bytes(fields[6]);
        }

        public boolean valid() {
            return fields[7].equals("valid");
        }

        /** Ciphertext and tag. */
        public byte[] sealed() {
            byte[] tag = tag();
            byte[] sealed = Arrays.copyOf(encrypted(), encrypted().length + tag.length);
            System.arraycopy(tag, 0, sealed, sealed.length - tag.length, tag.length);
            return sealed;
        }

        /** Of an extended nonce: the key that ChaCha20 is used with. */
        public byte[] subKey() {
            return HChaCha20.subKey(key(), nonce());
        }
    }

    /** A multiplication. */
    static final class Agreement {
        private final String[] fields;

        private Agreement(String[] fields) {
            this.fields = fields;
        }

        int id() {
            return Integer.parseInt(fields[0]);
        }

        byte[] privateKey() {
            return bytes(fields[1]);
        }

        byte[] publicKey() {
            return bytes(fields[2]);
        }

        /** All zero where the public key is of low order. */
        byte[] shared() {
            return bytes(fields[3]);
        }
    }

    /** 300 vectors. */
    public static List<Aead> chaCha20Poly1305() {
        return lines("wycheproof-chacha20-poly1305.txt").stream().map(Aead::new).toList();
    }

    /** 284 vectors. */
    public static List<Aead> xChaCha20Poly1305() {
        return lines("wycheproof-xchacha20-poly1305.txt").stream().map(Aead::new).toList();
    }

    /** 518 vectors. */
    static List<Agreement> x25519() {
        return lines("wycheproof-x25519.txt").stream().map(Agreement::new).toList();
    }

    private static byte[] bytes(String field) {
        return field.equals("-") ? new byte[0] : HEX.parseHex(field);
    }

    private static List<String[]> lines(String file) {
        try (InputStream from = Wycheproof.class.getResourceAsStream(file)) {
            return new String(from.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" ", -1))
                    .toList();
        } catch (IOException unreadable) {
            throw new AssertionError(file, unreadable);
        }
    }
}
