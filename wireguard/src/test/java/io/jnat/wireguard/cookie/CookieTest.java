package io.jnat.wireguard.cookie;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Endpoint;
import io.jnat.wireguard.crypto.Blake2s;
import io.jnat.wireguard.crypto.X25519;
import io.jnat.wireguard.message.CookieReply;
import io.jnat.wireguard.message.HandshakeInitiation;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** mac1, mac2, cookies, the bucket of a source, and the latch. */
@Tag("W7")
final class CookieTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long START =
            Math.subtractExact(Long.MAX_VALUE, 100 * SECOND); // the clock may wrap

    private final byte[] publicKey = X25519.publicKey(X25519.generatePrivateKey());
    private final CookieChecker checker = new CookieChecker(publicKey, new SecureRandom());
    private final MacStamp stamp = new MacStamp(publicKey);
    private final Endpoint from = endpoint("192.0.2.1", 1000);

    @Test
    void mac1IsAKeyedHashOfAllBeforeIt() {
        byte[] message = stamped(START);
        byte[] key = Blake2s.hash("mac1----".getBytes(US_ASCII), publicKey);
        assertArrayEquals(Blake2s.mac(key, message, 0, 116), Arrays.copyOfRange(message, 116, 132));
        assertArrayEquals(new byte[16], Arrays.copyOfRange(message, 132, 148));
        assertTrue(checker.hasValidMac1(message));
        for (int at = 0; at < 132; at++) {
            byte[] forged = message.clone();
            forged[at] ^= 1;
            assertFalse(checker.hasValidMac1(forged), "byte " + at);
        }
    }

    @Test
    void cookieMakesMac2ValidFromThatAddressAndPortOnly() {
        byte[] first = stamped(START);
        assertFalse(checker.hasValidMac2(first, from, START));
        byte[] reply = checker.reply(first, 7, from, START);
        assertEquals(64, reply.length);
        assertEquals(7, CookieReply.receiverIndex(reply));
        assertTrue(stamp.accept(reply, START));
        byte[] second = stamped(START + SECOND);
        assertTrue(checker.hasValidMac2(second, from, START + SECOND));
        assertFalse(checker.hasValidMac2(second, endpoint("192.0.2.1", 1001), START + SECOND));
        assertFalse(checker.hasValidMac2(second, endpoint("192.0.2.2", 1000), START + SECOND));
        assertFalse(checker.hasValidMac2(second, endpoint("2001:db8::1", 1000), START + SECOND));
    }

    @Test
    void cookieIsTrustedFor115Seconds() {
        byte[] reply = checker.reply(stamped(START), 7, from, START);
        assertTrue(stamp.accept(reply, START));
        assertFalse(hasNoMac2(stamped(START + 115 * SECOND - 1)));
        assertTrue(hasNoMac2(stamped(START + 115 * SECOND)));
    }

    @Test
    void secretTurnsOverEvery120Seconds() {
        byte[] reply = checker.reply(stamped(START), 7, from, START);
        assertTrue(stamp.accept(reply, START));
        byte[] second = stamped(START + SECOND);
        assertTrue(checker.hasValidMac2(second, from, START + 120 * SECOND - 1));
        assertFalse(checker.hasValidMac2(second, from, START + 120 * SECOND));
    }

    @Test
    void replyToAnotherMessageIsRefused() {
        byte[] first = stamped(START);
        byte[] reply = checker.reply(first, 7, from, START);
        stamped(START); // what was sent last is another one now: its mac1 differs
        assertFalse(stamp.accept(reply, START));
    }

    @Test
    void secondReplyToTheSameMessageIsRefused() {
        byte[] reply = checker.reply(stamped(START), 7, from, START);
        assertTrue(stamp.accept(reply, START));
        assertFalse(stamp.accept(reply, START));
    }

    @Test
    void alteredReplyIsRefused() {
        byte[] reply = checker.reply(stamped(START), 7, from, START);
        for (int at = CookieReply.NONCE; at < reply.length; at++) {
            byte[] forged = reply.clone();
            forged[at] ^= 2;
            assertFalse(stamp.accept(forged, START), "byte " + at);
        }
        assertTrue(stamp.accept(reply, START));
    }

    @Test
    void sourceMaySendFiveAtOnceAndTwentyASecond() {
        SourceLimiter limiter = new SourceLimiter(1);
        for (int number = 0; number < SourceLimiter.BURST; number++) {
            assertTrue(limiter.allow(from, START));
        }
        assertFalse(limiter.allow(from, START));
        assertFalse(limiter.allow(from, START + SECOND / 20 - 1));
        assertTrue(limiter.allow(from, START + SECOND / 20));
        int allowed = 0;
        for (int ms = 0; ms < 10_000; ms++) {
            allowed += limiter.allow(from, START + SECOND + ms * SECOND / 1000) ? 1 : 0;
        }
        assertTrue(allowed >= 200 && allowed <= 205, "allowed " + allowed);
    }

    @Test
    void ipv6SourcesAreCountedBySlash64AndIpv4ByAddress() {
        SourceLimiter limiter = new SourceLimiter(1);
        for (int host = 1; host <= 5; host++) {
            assertTrue(limiter.allow(endpoint("2001:db8::" + host, 1), START));
        }
        assertFalse(limiter.allow(endpoint("2001:db8::99", 1), START));
        assertTrue(limiter.allow(endpoint("2001:db8:0:1::1", 1), START));
        for (int host = 1; host <= 50; host++) {
            assertTrue(limiter.allow(endpoint("198.51.100." + host, 1), START));
        }
    }

    /** 192.0.2.9 and 0:0:c000:209::/64 are the same 64 bits. */
    @Test
    void familiesHaveBucketsOfTheirOwn() {
        SourceLimiter limiter = new SourceLimiter(1);
        for (int number = 1; number <= 5; number++) {
            assertTrue(limiter.allow(endpoint("192.0.2.9", 1), START));
        }
        assertFalse(limiter.allow(endpoint("192.0.2.9", 1), START));
        assertTrue(limiter.allow(endpoint("0:0:c000:209::1", 1), START));
    }

    @Test
    void bucketHoldsNoMoreThanFiveHoweverLongItRests() {
        SourceLimiter limiter = new SourceLimiter(1);
        assertTrue(limiter.allow(from, START));
        for (int number = 0; number < 5; number++) {
            assertTrue(limiter.allow(from, START + 3600 * SECOND));
        }
        assertFalse(limiter.allow(from, START + 3600 * SECOND));
    }

    @Test
    void cookieBelongsToAllOfAnIpv6Address() {
        Endpoint six = endpoint("2001:db8:1:2:3:4:5:6", 1000);
        assertTrue(stamp.accept(checker.reply(stamped(START), 7, six, START), START));
        byte[] second = stamped(START);
        assertTrue(checker.hasValidMac2(second, six, START));
        for (int bit = 0; bit < 128; bit++) {
            Endpoint other = endpoint("2001:db8:1:2:3:4:5:6", 1000);
            if (bit < 64) {
                other.low ^= 1L << bit;
            } else {
                other.high ^= 1L << (bit - 64);
            }
            assertFalse(checker.hasValidMac2(second, other, START), "bit " + bit);
        }
        for (int bit = 0; bit < 16; bit++) {
            assertFalse(
                    checker.hasValidMac2(
                            second, endpoint("2001:db8:1:2:3:4:5:6", 1000 ^ 1 << bit), START),
                    "bit of the port " + bit);
        }
    }

    @Test
    void portsShareTheSourcesBucket() {
        SourceLimiter limiter = new SourceLimiter(1);
        for (int port = 1; port <= 5; port++) {
            assertTrue(limiter.allow(endpoint("192.0.2.9", port), START));
        }
        assertFalse(limiter.allow(endpoint("192.0.2.9", 6), START));
    }

    @Test
    void fullTableRefusesNewSourcesAndKeepsOldOnesAndRecovers() {
        SourceLimiter limiter = new SourceLimiter(9);
        Random random = new Random(2);
        Endpoint source = endpoint("0.0.0.1", 1);
        int allowed = 0;
        for (int number = 0; number < 200_000; number++) {
            source.low = random.nextInt() & 0xffffffffL;
            allowed += limiter.allow(source, START) ? 1 : 0;
        }
        assertTrue(allowed <= 8192 + 100, "the table is bounded: " + allowed);
        assertTrue(limiter.allow(source, START + SECOND), "idle places are taken over");
    }

    @Test
    void loadBeginsAtAnEighthAndLastsASecond() {
        LoadLatch latch = new LoadLatch(1024);
        assertFalse(latch.isUnderLoad(127, START));
        assertTrue(latch.isUnderLoad(128, START));
        assertTrue(latch.isUnderLoad(0, START + SECOND - 1));
        assertFalse(latch.isUnderLoad(0, START + SECOND));
        assertFalse(latch.isUnderLoad(127, START + SECOND));
        assertTrue(latch.isUnderLoad(128, START + 2 * SECOND));
        assertTrue(latch.isUnderLoad(128, START + 3 * SECOND - 1));
        assertTrue(latch.isUnderLoad(0, START + 4 * SECOND - 2), "from the last one on");
        assertFalse(latch.isUnderLoad(0, START + 4 * SECOND - 1));
    }

    private byte[] stamped(long nowNanos) {
        byte[] message = HandshakeInitiation.create(1);
        byte[] ephemeral = X25519.generatePrivateKey();
        System.arraycopy(ephemeral, 0, message, HandshakeInitiation.EPHEMERAL, 32);
        stamp.stamp(message, nowNanos);
        return message;
    }

    private static boolean hasNoMac2(byte[] message) {
        return Arrays.equals(new byte[16], Arrays.copyOfRange(message, 132, 148));
    }

    private static Endpoint endpoint(String address, int port) {
        Endpoint endpoint = new Endpoint();
        endpoint.set(new InetSocketAddress(InetAddress.ofLiteral(address), port));
        return endpoint;
    }
}
