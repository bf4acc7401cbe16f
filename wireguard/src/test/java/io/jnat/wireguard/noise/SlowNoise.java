package io.jnat.wireguard.noise;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.jnat.wireguard.crypto.Blake2s;
import io.jnat.wireguard.crypto.SlowCrypto;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s as the Noise specification writes it down, token by token,
 * for any prologue and payloads: a second derivation to hold the handshake against. Only BLAKE2s is
 * shared with the code under test; it has its own vectors.
 */
final class SlowNoise {
    private byte[] ck;
    private byte[] h;
    private byte[] k = new byte[0];
    private long n;

    /** The pattern's first message and what both sides know then. */
    static final class Result {
        byte[] first;
        byte[] second;
        byte[] initiatorSends;
        byte[] responderSends;
    }

    /** Runs the whole handshake with both sides' private keys. */
    static Result run(
            byte[] prologue,
            byte[] initiatorStatic,
            byte[] initiatorEphemeral,
            byte[] responderStatic,
            byte[] responderEphemeral,
            byte[] psk,
            byte[] firstPayload,
            byte[] secondPayload) {
        SlowNoise noise = new SlowNoise();
        byte[] name = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s".getBytes(US_ASCII);
        noise.h = Blake2s.hash(name); // longer than 32 bytes
        noise.ck = noise.h.clone();
        noise.mixHash(prologue);
        byte[] rs = publicKey(responderStatic);
        noise.mixHash(rs);
        Result result = new Result();
        // -> e, es, s, ss
        ByteArrayOutputStream first = new ByteArrayOutputStream();
        byte[] e = publicKey(initiatorEphemeral);
        first.writeBytes(e);
        noise.mixHash(e);
        noise.mixKey(e); // every e also as a key, because there is a psk
        noise.mixKey(SlowCrypto.x25519(initiatorEphemeral, rs));
        byte[] s = publicKey(initiatorStatic);
        first.writeBytes(noise.encryptAndHash(s));
        noise.mixKey(SlowCrypto.x25519(initiatorStatic, rs));
        first.writeBytes(noise.encryptAndHash(firstPayload));
        result.first = first.toByteArray();
        // <- e, ee, se, psk
        ByteArrayOutputStream second = new ByteArrayOutputStream();
        byte[] re = publicKey(responderEphemeral);
        second.writeBytes(re);
        noise.mixHash(re);
        noise.mixKey(re);
        noise.mixKey(SlowCrypto.x25519(responderEphemeral, e));
        noise.mixKey(SlowCrypto.x25519(responderEphemeral, s));
        noise.mixKeyAndHash(psk);
        second.writeBytes(noise.encryptAndHash(secondPayload));
        result.second = second.toByteArray();
        byte[][] keys = hkdf(noise.ck, new byte[0], 2);
        result.initiatorSends = keys[0];
        result.responderSends = keys[1];
        return result;
    }

    private void mixHash(byte[] data) {
        h = Blake2s.hash(h, data);
    }

    private void mixKey(byte[] input) {
        byte[][] out = hkdf(ck, input, 2);
        ck = out[0];
        k = out[1];
        n = 0;
    }

    private void mixKeyAndHash(byte[] input) {
        byte[][] out = hkdf(ck, input, 3);
        ck = out[0];
        mixHash(out[1]);
        k = out[2];
        n = 0;
    }

    private byte[] encryptAndHash(byte[] plain) {
        byte[] sealed = transport(k, n++, plain, h);
        mixHash(sealed);
        return sealed;
    }

    /** A message under a key and counter. */
    static byte[] transport(byte[] key, long counter, byte[] plain, byte[] associated) {
        byte[] nonce = new byte[12];
        for (int at = 0; at < 8; at++) {
            nonce[4 + at] = (byte) (counter >>> 8 * at);
        }
        return SlowCrypto.seal(key, nonce, plain, associated);
    }

    private static byte[][] hkdf(byte[] chain, byte[] input, int count) {
        byte[] temp = hmac(chain, input);
        byte[][] out = new byte[count][];
        byte[] last = new byte[0];
        for (int at = 0; at < count; at++) {
            byte[] data = Arrays.copyOf(last, last.length + 1);
            data[last.length] = (byte) (at + 1);
            last = hmac(temp, data);
            out[at] = last;
        }
        return out;
    }

    private static byte[] hmac(byte[] key, byte[] data) {
        byte[] inner = Arrays.copyOf(key, 64);
        byte[] outer = Arrays.copyOf(key, 64);
        for (int at = 0; at < 64; at++) {
            inner[at] ^= 0x36;
            outer[at] ^= 0x5c;
        }
        return Blake2s.hash(outer, Blake2s.hash(inner, data));
    }

    static byte[] publicKey(byte[] privateKey) {
        byte[] nine = new byte[32];
        nine[0] = 9;
        return SlowCrypto.x25519(privateKey, nine);
    }
}
