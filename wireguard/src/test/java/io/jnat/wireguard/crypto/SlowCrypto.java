package io.jnat.wireguard.crypto;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.util.Arrays;

/**
 * X25519 and ChaCha20-Poly1305 as the RFCs write them down, in big integers and without any speed:
 * an oracle that shares nothing with the code under test.
 */
public final class SlowCrypto {
    private static final BigInteger P = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));
    private static final BigInteger POLY_P =
            BigInteger.TWO.pow(130).subtract(BigInteger.valueOf(5));

    private SlowCrypto() {}

    /** RFC 7748 section 5. */
    public static byte[] x25519(byte[] scalar, byte[] point) {
        byte[] k = scalar.clone();
        k[0] &= (byte) 248;
        k[31] &= 127;
        k[31] |= 64;
        byte[] u = point.clone();
        u[31] &= 127;
        BigInteger bits = littleEndian(k);
        BigInteger x1 = littleEndian(u);
        BigInteger x2 = BigInteger.ONE;
        BigInteger z2 = BigInteger.ZERO;
        BigInteger x3 = x1;
        BigInteger z3 = BigInteger.ONE;
        for (int t = 254; t >= 0; t--) {
            boolean bit = bits.testBit(t);
            if (bit) {
                BigInteger swap = x2;
                x2 = x3;
                x3 = swap;
                swap = z2;
                z2 = z3;
                z3 = swap;
            }
            BigInteger a = x2.add(z2);
            BigInteger aa = a.multiply(a).mod(P);
            BigInteger b = x2.subtract(z2);
            BigInteger bb = b.multiply(b).mod(P);
            BigInteger e = aa.subtract(bb);
            BigInteger da = x3.subtract(z3).multiply(a);
            BigInteger cb = x3.add(z3).multiply(b);
            x3 = da.add(cb).pow(2).mod(P);
            z3 = x1.multiply(da.subtract(cb).pow(2)).mod(P);
            x2 = aa.multiply(bb).mod(P);
            z2 = e.multiply(aa.add(BigInteger.valueOf(121665).multiply(e))).mod(P);
            if (bit) {
                BigInteger swap = x2;
                x2 = x3;
                x3 = swap;
                swap = z2;
                z2 = z3;
                z3 = swap;
            }
        }
        return toBytes(x2.multiply(z2.modPow(P.subtract(BigInteger.TWO), P)).mod(P), 32);
    }

    /** RFC 8439 section 2.8: ciphertext and tag. */
    public static byte[] seal(byte[] key, byte[] nonce, byte[] plain, byte[] associated) {
        byte[] sealed = new byte[plain.length + 16];
        for (int block = 0; block * 64 < plain.length; block++) {
            byte[] stream = chachaBlock(key, block + 1, nonce);
            for (int at = 0; at < Math.min(64, plain.length - block * 64); at++) {
                sealed[block * 64 + at] = (byte) (plain[block * 64 + at] ^ stream[at]);
            }
        }
        ByteArrayOutputStream mac = new ByteArrayOutputStream();
        padded(mac, associated, associated.length);
        padded(mac, sealed, plain.length);
        mac.writeBytes(toBytes(BigInteger.valueOf(associated.length), 8));
        mac.writeBytes(toBytes(BigInteger.valueOf(plain.length), 8));
        byte[] tag = poly1305(Arrays.copyOf(chachaBlock(key, 0, nonce), 32), mac.toByteArray());
        System.arraycopy(tag, 0, sealed, plain.length, 16);
        return sealed;
    }

    /** RFC 8439 section 2.3. */
    static byte[] chachaBlock(byte[] key, int counter, byte[] nonce) {
        long[] initial = new long[16];
        byte[] constant = "expand 32-byte k".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        for (int at = 0; at < 4; at++) {
            initial[at] = word(constant, at);
        }
        for (int at = 0; at < 8; at++) {
            initial[4 + at] = word(key, at);
        }
        initial[12] = Integer.toUnsignedLong(counter);
        for (int at = 0; at < 3; at++) {
            initial[13 + at] = word(nonce, at);
        }
        long[] x = initial.clone();
        for (int round = 0; round < 20; round++) {
            for (int column = 0; column < 4; column++) {
                int shift = round % 2;
                quarter(
                        x,
                        column,
                        4 + (column + shift) % 4,
                        8 + (column + 2 * shift) % 4,
                        12 + (column + 3 * shift) % 4);
            }
        }
        byte[] out = new byte[64];
        for (int at = 0; at < 16; at++) {
            long sum = x[at] + initial[at];
            for (int octet = 0; octet < 4; octet++) {
                out[4 * at + octet] = (byte) (sum >>> (8 * octet));
            }
        }
        return out;
    }

    private static void quarter(long[] x, int a, int b, int c, int d) {
        x[a] = x[a] + x[b] & 0xffffffffL;
        x[d] = rotate(x[d] ^ x[a], 16);
        x[c] = x[c] + x[d] & 0xffffffffL;
        x[b] = rotate(x[b] ^ x[c], 12);
        x[a] = x[a] + x[b] & 0xffffffffL;
        x[d] = rotate(x[d] ^ x[a], 8);
        x[c] = x[c] + x[d] & 0xffffffffL;
        x[b] = rotate(x[b] ^ x[c], 7);
    }

    private static long rotate(long value, int bits) {
        return (value << bits | value >>> (32 - bits)) & 0xffffffffL;
    }

    /** RFC 8439 section 2.5. */
    private static byte[] poly1305(byte[] key, byte[] message) {
        BigInteger r =
                littleEndian(Arrays.copyOf(key, 16))
                        .and(new BigInteger("0ffffffc0ffffffc0ffffffc0fffffff", 16));
        BigInteger s = littleEndian(Arrays.copyOfRange(key, 16, 32));
        BigInteger sum = BigInteger.ZERO;
        for (int at = 0; at < message.length; at += 16) {
            byte[] block = Arrays.copyOfRange(message, at, Math.min(at + 16, message.length));
            byte[] one = Arrays.copyOf(block, block.length + 1);
            one[block.length] = 1;
            sum = sum.add(littleEndian(one)).multiply(r).mod(POLY_P);
        }
        return toBytes(sum.add(s).mod(BigInteger.TWO.pow(128)), 16);
    }

    private static void padded(ByteArrayOutputStream out, byte[] data, int length) {
        out.write(data, 0, length);
        out.write(new byte[16], 0, (16 - length % 16) % 16);
    }

    private static long word(byte[] bytes, int index) {
        return littleEndian(Arrays.copyOfRange(bytes, 4 * index, 4 * index + 4)).longValue();
    }

    private static BigInteger littleEndian(byte[] bytes) {
        return new BigInteger(1, reversed(bytes));
    }

    private static byte[] toBytes(BigInteger value, int length) {
        byte[] big = value.toByteArray();
        byte[] out = new byte[length];
        for (int at = 0; at < Math.min(length, big.length); at++) {
            out[at] = big[big.length - 1 - at];
        }
        return out;
    }

    private static byte[] reversed(byte[] bytes) {
        byte[] out = new byte[bytes.length];
        for (int at = 0; at < out.length; at++) {
            out[at] = bytes[bytes.length - 1 - at];
        }
        return out;
    }
}
