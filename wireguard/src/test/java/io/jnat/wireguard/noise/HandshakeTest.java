package io.jnat.wireguard.noise;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.jnat.wireguard.crypto.X25519;
import io.jnat.wireguard.message.HandshakeInitiation;
import io.jnat.wireguard.message.HandshakeResponse;
import io.jnat.wireguard.message.MessageType;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The handshake step by step: a published vector, a second derivation, and what must fail. */
@Tag("W1")
final class HandshakeTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final byte[] WIREGUARD = "WireGuard v1 zx2c4 Jason@zx2c4.com".getBytes(US_ASCII);
    private static final byte[] NO_PSK = new byte[32];
    private static final byte[] TIMESTAMP = HEX.parseHex("400000006554f98a12000000");

    private final Random random = new Random(11);

    /** The oracle itself against cacophony's published vector for this protocol name. */
    @Test
    void slowDerivationGivesThePublishedVector() {
        SlowNoise.Result result =
                SlowNoise.run(
                        HEX.parseHex("4a6f686e2047616c74"),
                        HEX.parseHex(
                                "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1"),
                        HEX.parseHex(
                                "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a"),
                        HEX.parseHex(
                                "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893"),
                        HEX.parseHex(
                                "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b"),
                        HEX.parseHex(
                                "54686973206973206d7920417573747269616e20706572737065637469766521"),
                        HEX.parseHex("4c756477696720766f6e204d69736573"),
                        HEX.parseHex("4d757272617920526f746862617264"));
        assertEquals(
                "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
                        + "001e21de9f98ddd8e2ad57527207feb56253c9c94a9e496782ecfcb2a75fbcaf"
                        + "1b52948cc48daefe660c62119ab50009"
                        + "80c84831215f2441eba616548e832985464cf17e51ee93109008399a21f7e13f",
                HEX.formatHex(result.first));
        assertEquals(
                "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
                        + "cb765f2caef0751b8f007572dab0322217755c0632f365717edbf34d33e87a",
                HEX.formatHex(result.second));
        assertEquals(
                "8153ca9833bc3c1b91a7e66e5f4d4f5b59bf9e64c2f20d15f0bba7",
                HEX.formatHex(
                        SlowNoise.transport(
                                result.initiatorSends,
                                0,
                                HEX.parseHex("462e20412e20486179656b"),
                                new byte[0])));
        assertEquals(
                "07af0c9c86e1b4e80f36b04ff7688d51141af3debd0332f0a705ef",
                HEX.formatHex(
                        SlowNoise.transport(
                                result.responderSends,
                                0,
                                HEX.parseHex("4361726c204d656e676572"),
                                new byte[0])));
    }

    @Test
    void bothRolesAgreeWithTheSlowDerivation() {
        for (int round = 0; round < 5; round++) {
            byte[] initiator = privateKey();
            byte[] responder = privateKey();
            byte[] initiatorEphemeral = privateKey();
            byte[] responderEphemeral = privateKey();
            byte[] psk = privateKey();
            SlowNoise.Result slow =
                    SlowNoise.run(
                            WIREGUARD,
                            initiator,
                            initiatorEphemeral,
                            responder,
                            responderEphemeral,
                            psk,
                            TIMESTAMP,
                            new byte[0]);
            StaticKeys left = new StaticKeys(initiator);
            StaticKeys right = new StaticKeys(responder);
            byte[] staticStatic = left.agree(right.publicKey());
            InitiatorHandshake begun =
                    InitiatorHandshake.begin(
                            left,
                            right.publicKey(),
                            staticStatic,
                            0x11223344,
                            initiatorEphemeral.clone(),
                            TIMESTAMP);
            assertNotNull(begun);
            byte[] first = begun.message();
            assertArrayEquals(
                    slow.first, Arrays.copyOfRange(first, HandshakeInitiation.EPHEMERAL, 116));
            assertEquals("0100000044332211", HEX.formatHex(first, 0, 8));
            ResponderHandshake read = ResponderHandshake.read(right, first);
            assertNotNull(read);
            assertArrayEquals(left.publicKey(), read.peerPublicKey());
            assertArrayEquals(TIMESTAMP, read.authenticate(right.agree(left.publicKey())));
            byte[] second = HandshakeResponse.create(0x55667788, read.initiatorIndex());
            SessionKeys answered = read.respond(second, responderEphemeral.clone(), psk);
            assertNotNull(answered);
            assertArrayEquals(
                    slow.second, Arrays.copyOfRange(second, HandshakeResponse.EPHEMERAL, 60));
            assertEquals("020000008877665544332211", HEX.formatHex(second, 0, 12));
            SessionKeys finished = begun.finish(second, psk);
            assertNotNull(finished);
            assertArrayEquals(slow.initiatorSends, finished.send().getEncoded());
            assertArrayEquals(slow.responderSends, finished.receive().getEncoded());
            assertArrayEquals(slow.initiatorSends, answered.receive().getEncoded());
            assertArrayEquals(slow.responderSends, answered.send().getEncoded());
            assertEquals(0x55667788, finished.remoteIndex());
            assertEquals(0x11223344, answered.remoteIndex());
        }
    }

    @Test
    void forgedAnswerLeavesTheHandshakeWaitingForTheRightOne() {
        Pair pair = new Pair();
        byte[] answer = pair.answer(NO_PSK);
        for (int at = HandshakeResponse.EPHEMERAL; at < 60; at++) {
            byte[] forged = answer.clone();
            forged[at] ^= 1;
            assertNull(pair.begun.finish(forged, NO_PSK), "byte " + at);
        }
        assertNotNull(pair.begun.finish(answer, NO_PSK));
    }

    @Test
    void presharedKeysMustBeTheSame() {
        Pair pair = new Pair();
        byte[] psk = privateKey();
        assertNull(pair.begun.finish(pair.answer(NO_PSK), psk));
        assertNotNull(pair.begun.finish(pair.answer(psk), psk));
    }

    @Test
    void anyChangedByteOfAnInitiationIsRefused() {
        Pair pair = new Pair();
        for (int at = HandshakeInitiation.EPHEMERAL; at < 116; at++) {
            byte[] forged = pair.begun.message().clone();
            forged[at] ^= 0x40;
            ResponderHandshake read = ResponderHandshake.read(pair.right, forged);
            assertNull(read == null ? null : read.authenticate(pair.staticStatic), "byte " + at);
        }
    }

    @Test
    @Tag("W2")
    void privateKeysAreClampedWhenSet() {
        byte[] set = new byte[32];
        Arrays.fill(set, (byte) 0xff);
        StaticKeys keys = new StaticKeys(set);
        assertEquals("f8" + "ff".repeat(30) + "7f", HEX.formatHex(keys.privateKey()));
        assertEquals("ff".repeat(32), HEX.formatHex(set), "the caller's array is not touched");
        byte[] zero = new byte[32];
        assertEquals("00".repeat(31) + "40", HEX.formatHex(new StaticKeys(zero).privateKey()));
    }

    @Test
    @Tag("W30")
    void answeredHandshakeKeepsNoEphemeralKey() {
        StaticKeys left = new StaticKeys(privateKey());
        StaticKeys right = new StaticKeys(privateKey());
        byte[] staticStatic = left.agree(right.publicKey());
        byte[] mine = privateKey();
        byte[] yours = privateKey();
        InitiatorHandshake begun =
                InitiatorHandshake.begin(left, right.publicKey(), staticStatic, 1, mine, TIMESTAMP);
        ResponderHandshake read = ResponderHandshake.read(right, begun.message());
        assertNotNull(read.authenticate(staticStatic));
        byte[] answer = HandshakeResponse.create(2, 1);
        assertNotNull(read.respond(answer, yours, NO_PSK));
        assertArrayEquals(new byte[32], yours);
        assertNotNull(begun.finish(answer, NO_PSK));
        assertArrayEquals(new byte[32], mine);
    }

    @Test
    @Tag("W2")
    void lowOrderPointsFailTheHandshake() {
        StaticKeys self = new StaticKeys(privateKey());
        byte[] one = new byte[32];
        one[0] = 1;
        assertNull(self.agree(one));
        assertNull(InitiatorHandshake.begin(self, one, new byte[32], 1, privateKey(), TIMESTAMP));
        byte[] initiation = HandshakeInitiation.create(1);
        assertNull(ResponderHandshake.read(self, initiation));
        Pair pair = new Pair();
        assertNull(pair.begun.finish(HandshakeResponse.create(1, 2), NO_PSK));
    }

    @Test
    @Tag("W1")
    void reservedBytesAndSizesAreExact() {
        byte[] message = HandshakeInitiation.create(7);
        for (int at = 1; at < 4; at++) {
            byte[] bad = message.clone();
            bad[at] = 1;
            assertEquals(
                    false, MessageType.isHandshake(MessageType.of(bad), bad.length), "byte " + at);
        }
        for (int length = 0; length < 200; length++) {
            assertEquals(length == 148, MessageType.isHandshake(MessageType.INITIATION, length));
            assertEquals(length == 92, MessageType.isHandshake(MessageType.RESPONSE, length));
            assertEquals(length == 64, MessageType.isHandshake(MessageType.COOKIE_REPLY, length));
            assertEquals(false, MessageType.isHandshake(MessageType.DATA, length));
        }
    }

    private byte[] privateKey() {
        byte[] key = new byte[32];
        random.nextBytes(key);
        X25519.clamp(key);
        return key;
    }

    /** An initiator that waits, and its responder. */
    private final class Pair {
        final StaticKeys left = new StaticKeys(privateKey());
        final StaticKeys right = new StaticKeys(privateKey());
        final byte[] staticStatic = left.agree(right.publicKey());
        final InitiatorHandshake begun =
                InitiatorHandshake.begin(
                        left, right.publicKey(), staticStatic, 1, privateKey(), TIMESTAMP);

        byte[] answer(byte[] psk) {
            ResponderHandshake read = ResponderHandshake.read(right, begun.message());
            assertNotNull(read);
            assertNotNull(read.authenticate(staticStatic));
            byte[] answer = HandshakeResponse.create(2, 1);
            assertNotNull(read.respond(answer, privateKey(), psk));
            return answer;
        }
    }
}
