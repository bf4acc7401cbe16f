package io.jnat.wireguard.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bursts against the slow oracle: lengths, counters, and nothing outside is touched. */
final class PacketCipherTest {
    private static final int SPAN = 2048;
    private static final byte POISON = 0x5a;

    static List<PacketCipher> ciphers() {
        return List.of(new ScalarPacketCipher(), new JdkPacketCipher());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ciphers")
    void burstsAgreeWithTheSlowOracle(PacketCipher cipher) {
        Random random = new Random(1);
        byte[] zero = new byte[0];
        try (Slab slab = Slab.allocate(64 * SPAN)) {
            for (int round = 0; round < 40; round++) {
                Burst burst = new Burst(random, slab);
                PacketKey key = new PacketKey(burst.key.clone());
                cipher.keepWarm(); // in between, as on a quiet line
                cipher.seal(key, burst.addresses, burst.lengths, burst.counters, 0, burst.count);
                for (int at = 0; at < burst.count; at++) {
                    assertArrayEquals(
                            SlowCrypto.seal(
                                    burst.key, nonce(burst.counters[at]), burst.plain[at], zero),
                            burst.read(at, burst.lengths[at] + 16),
                            "round " + round + " packet " + at);
                }
                burst.assertNothingElseTouched();
                openWithDamage(random, cipher, key, burst);
            }
        }
    }

    private static void openWithDamage(
            Random random, PacketCipher cipher, PacketKey key, Burst burst) {
        boolean[] damaged = new boolean[burst.count];
        boolean[] authentic = new boolean[burst.count];
        for (int at = 0; at < burst.count; at++) {
            if (random.nextInt(4) == 0) {
                damaged[at] = true;
                long where = burst.addresses[at] + random.nextInt(burst.lengths[at] + 16);
                Memory.putByte(where, Memory.getByte(where) ^ 1 << random.nextInt(8));
            }
        }
        cipher.open(key, burst.addresses, burst.lengths, burst.counters, authentic, 0, burst.count);
        for (int at = 0; at < burst.count; at++) {
            assertEquals(!damaged[at], authentic[at]);
            if (authentic[at]) {
                assertArrayEquals(burst.plain[at], burst.read(at, burst.lengths[at]));
            }
        }
        burst.assertNothingElseTouched();
    }

    /** A replayed datagram directly behind the first: the JDK's cipher is touchy about nonces. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("ciphers")
    void sameCounterTwiceInARowIsOpenedTwice(PacketCipher cipher) {
        PacketKey key = new PacketKey(new byte[32]);
        byte[] sealed = SlowCrypto.seal(new byte[32], nonce(5), new byte[40], new byte[0]);
        try (Slab slab = Slab.allocate(256)) {
            Memory.copy(sealed, 0, slab.address(), sealed.length);
            Memory.copy(sealed, 0, slab.address() + 128, sealed.length);
            boolean[] authentic = new boolean[2];
            cipher.open(
                    key,
                    new long[] {slab.address(), slab.address() + 128},
                    new int[] {40, 40},
                    new long[] {5, 5},
                    authentic,
                    0,
                    2);
            assertTrue(authentic[0] && authentic[1]);
        }
    }

    /** The longest that a datagram can carry, all lengths around a block, counters of 64 bits. */
    @Test
    void plainArithmeticHasTheJdksResultForLongTextsAndLargeCounters() {
        Random random = new Random(2);
        PacketCipher scalar = new ScalarPacketCipher();
        PacketCipher jdk = new JdkPacketCipher();
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        PacketKey key = new PacketKey(bytes);
        int[] lengths = {0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 65_000, 65_507};
        long[] counters = {0, 1, (1L << 32) - 1, 1L << 32, (1L << 32) + 1, -2, -1, Long.MIN_VALUE};
        try (Slab one = Slab.allocate(66_000);
                Slab other = Slab.allocate(66_000)) {
            for (int length : lengths) {
                for (long counter : counters) {
                    byte[] text = new byte[length + PacketCipher.TAG_BYTES];
                    random.nextBytes(text);
                    assertArrayEquals(
                            sealed(jdk, key, other, text, length, counter),
                            sealed(scalar, key, one, text, length, counter),
                            length + " bytes, counter " + counter);
                }
            }
        }
    }

    private static byte[] sealed(
            PacketCipher cipher, PacketKey key, Slab slab, byte[] text, int length, long counter) {
        Memory.copy(text, 0, slab.address(), text.length);
        long[] addresses = {slab.address()};
        cipher.seal(key, addresses, new int[] {length}, new long[] {counter}, 0, 1);
        byte[] result = new byte[text.length];
        Memory.copy(slab.address(), result, 0, result.length);
        return result;
    }

    @Test
    void destroyedKeySaysSo() {
        PacketKey key =
                new PacketKey(
                        new byte[] {
                            1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8,
                            1, 2, 3, 4, 5, 6, 7, 8
                        });
        key.destroy();
        assertTrue(key.isDestroyed());
        assertArrayEquals(new byte[32], key.getEncoded());
    }

    private static byte[] nonce(long counter) {
        byte[] nonce = new byte[12];
        for (int at = 0; at < 8; at++) {
            nonce[4 + at] = (byte) (counter >>> 8 * at);
        }
        return nonce;
    }

    /** Packets of random lengths at random places, with poison between them. */
    private static final class Burst {
        final int count;
        final byte[] key = new byte[32];
        final long[] addresses;
        final int[] lengths;
        final long[] counters;
        final byte[][] plain;
        private final Slab slab;

        Burst(Random random, Slab slab) {
            this.slab = slab;
            count = 1 + random.nextInt(20);
            addresses = new long[count];
            lengths = new int[count];
            counters = new long[count];
            plain = new byte[count][];
            random.nextBytes(key);
            byte[] poison = new byte[slab.bytes()];
            Arrays.fill(poison, POISON);
            Memory.copy(poison, 0, slab.address(), poison.length);
            long counter = (1L << 32) - random.nextInt(40);
            int longest = new int[] {0, 16, 200, 1500}[random.nextInt(4)];
            for (int at = 0; at < count; at++) {
                addresses[at] = slab.address() + (long) SPAN * at + random.nextInt(64);
                lengths[at] = random.nextInt(longest + 1);
                counters[at] = counter + at;
                plain[at] = new byte[lengths[at]];
                random.nextBytes(plain[at]);
                Memory.copy(plain[at], 0, addresses[at], lengths[at]);
            }
        }

        byte[] read(int at, int bytes) {
            byte[] copy = new byte[bytes];
            Memory.copy(addresses[at], copy, 0, bytes);
            return copy;
        }

        void assertNothingElseTouched() {
            byte[] all = new byte[slab.bytes()];
            Memory.copy(slab.address(), all, 0, all.length);
            for (int at = 0; at < count; at++) {
                int start = (int) (addresses[at] - slab.address());
                Arrays.fill(all, start, start + lengths[at] + 16, POISON);
            }
            byte[] poison = new byte[all.length];
            Arrays.fill(poison, POISON);
            assertArrayEquals(poison, all);
        }
    }
}
