package io.jnat.wireguard.crypto.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Memory;
import io.jnat.wireguard.crypto.JdkPacketCipher;
import io.jnat.wireguard.crypto.PacketCipher;
import io.jnat.wireguard.crypto.PacketKey;
import io.jnat.wireguard.crypto.ScalarPacketCipher;
import io.jnat.wireguard.crypto.Wycheproof;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@link Wycheproof}'s vectors through the ciphers of data packets, alone and in bursts. These have
 * nonces of four zero bytes and a counter, and no associated data, as no vector for
 * ChaCha20-Poly1305 has. XChaCha20-Poly1305 is ChaCha20-Poly1305 with exactly such a nonce and a
 * key that is derived first, so its vectors fit: all valid ones for the ciphertext, those without
 * associated data for the tag too. The ones with a wrong tag all have associated data; a tag is
 * made wrong here instead.
 */
@Tag("W1")
final class WycheproofCipherTest {
    private static final int EXTENDED_NONCE_BYTES = 24;
    private static final int COUNTER_AT = 16;

    private final Random random = new Random(11);
    private @Nullable VectorCipher vectors;
    private @Nullable PacketCipher plain;

    private void load(String name) throws ReflectiveOperationException {
        plain = name.equals("JDK") ? null : new ScalarPacketCipher();
        if (name.startsWith("BITS")) {
            VectorWidth width = VectorWidth.valueOf(name);
            vectors = new VectorCipher(KernelClass.load(width), width);
            vectors.takeTwo(width == VectorWidth.BITS_512);
        }
    }

    /** The JDK's refuses to seal with the same key and nonce twice in a row, as vectors do. */
    private PacketCipher cipher() {
        if (vectors != null) {
            return vectors;
        }
        return plain == null ? new JdkPacketCipher() : plain;
    }

    @AfterEach
    void close() {
        if (vectors != null) {
            vectors.close();
        }
    }

    private static List<Wycheproof.Aead> fitting() {
        List<Wycheproof.Aead> vectors =
                Wycheproof.xChaCha20Poly1305().stream()
                        .filter(vector ->
                                vector.valid() && vector.nonce().length == EXTENDED_NONCE_BYTES)
                        .toList();
        assertEquals(220, vectors.size());
        assertEquals(
                38, vectors.stream().filter(vector -> vector.associated().length == 0).count());
        return vectors;
    }

    @Test
    void noOtherVectorFits() {
        assertTrue(
                Wycheproof.chaCha20Poly1305().stream()
                        .noneMatch(vector ->
                                vector.associated().length == 0
                                        && vector.nonce().length == 12
                                        && startsWithZeros(vector.nonce())));
        assertTrue(
                Wycheproof.xChaCha20Poly1305().stream()
                        .noneMatch(vector ->
                                !vector.valid()
                                        && vector.nonce().length == EXTENDED_NONCE_BYTES
                                        && vector.associated().length == 0));
    }

    private static boolean startsWithZeros(byte[] nonce) {
        return Arrays.equals(nonce, 0, 4, new byte[4], 0, 4);
    }

    private static long counter(Wycheproof.Aead vector) {
        return ByteBuffer.wrap(vector.nonce()).order(ByteOrder.LITTLE_ENDIAN).getLong(COUNTER_AT);
    }

    /** A burst of one vector, {@code count} times, as one that came would be. */
    private Bursts burst(Wycheproof.Aead vector, int count, byte[] text) {
        int[] lengths = new int[count];
        Arrays.fill(lengths, vector.plain().length);
        Bursts burst = new Bursts(random, lengths, 0);
        for (int packet = 0; packet < count; packet++) {
            burst.counters[packet] = counter(vector);
            Memory.copy(text, 0, burst.addresses[packet], text.length);
        }
        return burst;
    }

    @ParameterizedTest
    @CsvSource({
        "JDK, 1",
        "scalar, 1",
        "scalar, 20",
        "BITS_256, 1",
        "BITS_256, 4",
        "BITS_256, 20",
        "BITS_512, 1",
        "BITS_512, 8",
        "BITS_512, 20"
    })
    void packetsAreSealedAsWycheproofSays(String name, int count)
            throws ReflectiveOperationException {
        load(name);
        for (Wycheproof.Aead vector : fitting()) {
            try (Bursts burst = burst(vector, count, vector.plain())) {
                burst.seal(cipher(), new PacketKey(vector.subKey()));
                for (int packet = 0; packet < count; packet++) {
                    String at = "tcId " + vector.id() + ", packet " + packet;
                    assertArrayEquals(vector.encrypted(), burst.text(packet), at);
                    if (vector.associated().length == 0) {
                        assertArrayEquals(vector.sealed(), burst.sealed(packet), at);
                    }
                }
                assertTrue(burst.gapsAreUntouched());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "JDK, 1",
        "scalar, 1",
        "scalar, 20",
        "JDK, 20",
        "BITS_256, 1",
        "BITS_256, 4",
        "BITS_256, 20",
        "BITS_512, 1",
        "BITS_512, 8",
        "BITS_512, 20"
    })
    void packetsAreOpenedAsWycheproofSaysUnlessTheirTagIsWrong(String name, int count)
            throws ReflectiveOperationException {
        load(name);
        for (Wycheproof.Aead vector : fitting()) {
            if (vector.associated().length > 0) {
                continue;
            }
            try (Bursts burst = burst(vector, count, vector.sealed())) {
                int wrong = random.nextInt(count + 1); // or none
                if (wrong < count) {
                    burst.flipBit(wrong, 8 * vector.plain().length + random.nextInt(128));
                }
                burst.open(cipher(), new PacketKey(vector.subKey()));
                for (int packet = 0; packet < count; packet++) {
                    String at = "tcId " + vector.id() + ", packet " + packet;
                    if (packet == wrong) {
                        assertFalse(burst.authentic[packet], at);
                    } else {
                        assertTrue(burst.authentic[packet], at);
                        assertArrayEquals(vector.plain(), burst.text(packet), at);
                    }
                }
                assertTrue(burst.gapsAreUntouched());
            }
        }
    }
}
