package io.jnat.wireguard.crypto;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * BLAKE2s (RFC 7693), plain and keyed, with results of 1 to 32 bytes. Single use: feed it with
 * {@link #update}, then call {@link #digest} once.
 *
 * <p>Owner: the thread that made it. Off the packet path; allocates.
 */
public final class Blake2s {
    /** Bytes of a full result. */
    public static final int HASH_BYTES = 32;

    /** Bytes of WireGuard's short keyed result. */
    public static final int MAC_BYTES = 16;

    private static final int BLOCK_BYTES = 64;
    private static final int ROUNDS = 10;

    private static final int[] INITIAL = {
        0x6A09E667,
        0xBB67AE85,
        0x3C6EF372,
        0xA54FF53A,
        0x510E527F,
        0x9B05688C,
        0x1F83D9AB,
        0x5BE0CD19
    };

    /** Message word order of each round: RFC 7693 section 2.7. */
    private static final byte[][] SIGMA = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
        {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
        {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
        {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
        {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
        {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
        {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
        {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
        {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
        {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}
    };

    private static final VarHandle WORD =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final int resultBytes;
    private final int[] chain = INITIAL.clone();
    private final int[] work = new int[16];
    private final byte[] block = new byte[BLOCK_BYTES];
    private int inBlock;
    private long hashedBytes;

    /**
     * A hash or, with a key, a MAC.
     *
     * @param key 0 to 32 bytes; empty for a plain hash
     * @param resultBytes 1 to 32
     */
    Blake2s(byte[] key, int resultBytes) {
        if (key.length > HASH_BYTES || resultBytes < 1 || resultBytes > HASH_BYTES) {
            throw new IllegalArgumentException("key or result longer than 32 bytes");
        }
        this.resultBytes = resultBytes;
        chain[0] ^= 0x01010000 ^ (key.length << 8) ^ resultBytes;
        if (key.length > 0) {
            System.arraycopy(key, 0, block, 0, key.length);
            inBlock = BLOCK_BYTES;
        }
    }

    /** BLAKE2s-256 of the parts in order. */
    public static byte[] hash(byte[]... parts) {
        Blake2s hash = new Blake2s(new byte[0], HASH_BYTES);
        for (byte[] part : parts) {
            hash.update(part, 0, part.length);
        }
        return hash.digest();
    }

    /** Keyed BLAKE2s with a result of 16 bytes, over part of an array. */
    public static byte[] mac(byte[] key, byte[] data, int offset, int length) {
        return new Blake2s(key, MAC_BYTES).update(data, offset, length).digest();
    }

    /** HMAC (RFC 2104) with BLAKE2s-256, over the parts in order; keys of at most 64 bytes. */
    public static byte[] hmac(byte[] key, byte[]... parts) {
        byte[] inner = new byte[BLOCK_BYTES];
        byte[] outer = new byte[BLOCK_BYTES];
        System.arraycopy(key, 0, inner, 0, key.length);
        System.arraycopy(key, 0, outer, 0, key.length);
        for (int at = 0; at < BLOCK_BYTES; at++) {
            inner[at] ^= 0x36;
            outer[at] ^= 0x5c;
        }
        Blake2s hash = new Blake2s(new byte[0], HASH_BYTES).update(inner, 0, BLOCK_BYTES);
        for (byte[] part : parts) {
            hash.update(part, 0, part.length);
        }
        byte[] result = hash(outer, hash.digest());
        Arrays.fill(inner, (byte) 0);
        Arrays.fill(outer, (byte) 0);
        return result;
    }

    /** Takes in more bytes. */
    Blake2s update(byte[] data, int offset, int length) {
        int at = offset;
        int left = length;
        while (left > 0) {
            if (inBlock == BLOCK_BYTES) {
                hashedBytes += BLOCK_BYTES;
                compress(false);
                inBlock = 0;
            }
            int bytes = Math.min(left, BLOCK_BYTES - inBlock);
            System.arraycopy(data, at, block, inBlock, bytes);
            inBlock += bytes;
            at += bytes;
            left -= bytes;
        }
        return this;
    }

    /** The result; the state is wiped. */
    byte[] digest() {
        hashedBytes += inBlock;
        Arrays.fill(block, inBlock, BLOCK_BYTES, (byte) 0);
        compress(true);
        byte[] full = new byte[HASH_BYTES];
        for (int at = 0; at < chain.length; at++) {
            WORD.set(full, 4 * at, chain[at]);
        }
        Arrays.fill(chain, 0);
        Arrays.fill(work, 0);
        Arrays.fill(block, (byte) 0);
        return resultBytes == HASH_BYTES ? full : Arrays.copyOf(full, resultBytes);
    }

    private void compress(boolean last) {
        int[] v = work;
        System.arraycopy(chain, 0, v, 0, 8);
        System.arraycopy(INITIAL, 0, v, 8, 8);
        v[12] ^= (int) hashedBytes;
        v[13] ^= (int) (hashedBytes >>> 32);
        if (last) {
            v[14] = ~v[14];
        }
        for (int round = 0; round < ROUNDS; round++) {
            byte[] order = SIGMA[round];
            mix(v, 0, 4, 8, 12, word(order[0]), word(order[1]));
            mix(v, 1, 5, 9, 13, word(order[2]), word(order[3]));
            mix(v, 2, 6, 10, 14, word(order[4]), word(order[5]));
            mix(v, 3, 7, 11, 15, word(order[6]), word(order[7]));
            mix(v, 0, 5, 10, 15, word(order[8]), word(order[9]));
            mix(v, 1, 6, 11, 12, word(order[10]), word(order[11]));
            mix(v, 2, 7, 8, 13, word(order[12]), word(order[13]));
            mix(v, 3, 4, 9, 14, word(order[14]), word(order[15]));
        }
        for (int at = 0; at < 8; at++) {
            chain[at] ^= v[at] ^ v[at + 8];
        }
    }

    private int word(int index) {
        return (int) WORD.get(block, 4 * index);
    }

    /** The function G of RFC 7693 section 3.1. */
    private static void mix(int[] v, int a, int b, int c, int d, int x, int y) {
        int va = v[a] + v[b] + x;
        int vd = Integer.rotateRight(v[d] ^ va, 16);
        int vc = v[c] + vd;
        int vb = Integer.rotateRight(v[b] ^ vc, 12);
        va += vb + y;
        vd = Integer.rotateRight(vd ^ va, 8);
        vc += vd;
        v[a] = va;
        v[b] = Integer.rotateRight(vb ^ vc, 7);
        v[c] = vc;
        v[d] = vd;
    }
}
