package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.stat.DropReason;
import io.jnat.wireguard.TestNetwork.Datagram;
import io.jnat.wireguard.cookie.CookieChecker;
import io.jnat.wireguard.cookie.MacStamp;
import io.jnat.wireguard.message.HandshakeInitiation;
import io.jnat.wireguard.message.MessageType;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hostile datagrams: no exception, no answer, everything counted. */
@Tag("W1")
final class FuzzTest {
    @AutoClose private final TwoPeers two = TwoPeers.connected();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void randomDatagramsAreCountedAndNotAnswered(long seed) {
        two.shakeHands();
        Random random = new Random(seed);
        List<Datagram> burst = new ArrayList<>();
        int sent = 0;
        for (int number = 0; number < 3000; number++) {
            byte[] bytes = new byte[random.nextInt(300)];
            random.nextBytes(bytes);
            if (bytes.length >= 4 && random.nextInt(4) > 0) {
                bytes[0] = (byte) (1 + random.nextInt(4));
                bytes[1] = 0;
                bytes[2] = 0;
                bytes[3] = 0;
                int[] exact = {148, 92, 64, bytes.length};
                bytes =
                        Arrays.copyOf(
                                bytes, random.nextBoolean() ? exact[bytes[0] - 1] : bytes.length);
            }
            burst.add(new Datagram(two.left.place, two.right.place, bytes, random.nextInt(256)));
            sent++;
            if (burst.size() == 100) {
                two.right.receive(burst);
                burst.clear();
                two.network.settle();
            }
        }
        assertEquals(0, two.network.sent.size());
        assertEquals(0, two.right.delivered.size());
        assertEquals(sent, counted());
    }

    /** Real messages of all four types with a few bits turned over. */
    @ParameterizedTest
    @ValueSource(longs = {4, 5})
    void mutatedMessagesChangeNothing(long seed) {
        two.left.send(two.toRight(40));
        two.network.settle();
        two.right.send(two.toLeft(1));
        List<Datagram> real = new ArrayList<>(two.network.sent);
        real.add(cookieReply(real.getFirst()));
        assertEquals(
                Set.of(1, 2, 3, 4), real.stream().map(Datagram::type).collect(Collectors.toSet()));
        two.network.settle();
        two.forget();
        Random random = new Random(seed);
        int sent = 0;
        for (int number = 0; number < 2000; number++) {
            Datagram original = real.get(random.nextInt(real.size()));
            byte[] bytes = original.bytes().clone();
            if (random.nextInt(5) == 0) {
                bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 20));
            }
            for (int flips = 1 + random.nextInt(3); flips > 0 && bytes.length > 0; flips--) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            boolean same = Arrays.equals(bytes, original.bytes());
            if (same) {
                continue;
            }
            TestNode to = original.to().sameRemote(two.right.place) ? two.right : two.left;
            to.receive(List.of(new Datagram(original.from(), original.to(), bytes, 0)));
            sent++;
            two.network.settle();
        }
        assertEquals(0, two.network.sent.size(), "no answer to anything");
        assertEquals(0, two.right.delivered.size() + two.left.delivered.size());
        assertEquals(sent, counted());
        two.left.send(two.toRight(3));
        two.network.settle();
        assertEquals(1, two.right.delivered.size(), "the session lives");
    }

    /**
     * Everybody who knows the public key can make mac1 valid, so that what lies behind it is
     * reached: by initiations and responses, with load and without.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void mutatedHandshakesWithAValidMac1MakeNoSession(boolean load) {
        two.left.send(two.toRight(40));
        two.network.settle();
        Datagram initiation = two.network.sent.get(0);
        Datagram response = two.network.sent.get(1);
        two.network.passSeconds(200);
        two.forget();
        two.network.arrives = datagram -> false;
        two.left.send(two.toRight(1)); // one is pending, so that responses are looked at
        two.network.settle();
        byte[] pending = two.network.sent.getFirst().bytes();
        two.forget();
        MacStamp toRight = new MacStamp(two.right.publicKey.toBytes());
        MacStamp toLeft = new MacStamp(two.left.publicKey.toBytes());
        Random random = new Random(6);
        long before = counted();
        int sent = 0;
        for (int number = 0; number < 600; number++) {
            boolean first = random.nextBoolean();
            Datagram original = first ? initiation : response;
            byte[] bytes = original.bytes().clone();
            int fields = bytes.length - 32;
            if (!first && random.nextBoolean()) {
                System.arraycopy(pending, 4, bytes, 8, 4); // answers the pending one
            }
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                bytes[(first ? 8 : 12) + random.nextInt(fields - (first ? 8 : 12))] ^=
                        (byte) (1 << random.nextInt(8));
            }
            (first ? toRight : toLeft).stamp(bytes, two.network.nowNanos);
            TestNode to = first ? two.right : two.left;
            to.receive(List.of(new Datagram(original.from(), original.to(), bytes, 0)));
            sent++;
            if (!load) {
                work();
            } else if (number % 300 == 299) {
                work();
            }
        }
        assertEquals(before + sent, counted());
        assertEquals(1, two.left.peer(0).sessions());
        assertEquals(1, two.right.peer(0).sessions());
        if (load) {
            assertTrue(
                    two.network.sent.stream()
                            .allMatch(datagram -> datagram.type() == MessageType.COOKIE_REPLY));
            assertTrue(two.right.device.drops(DropReason.TUNNEL_UNDER_LOAD) > 100);
        } else {
            assertEquals(0, two.network.sent.size(), "no answer to anything");
        }
        two.network.arrives = datagram -> true;
        two.network.passSeconds(12);
        assertEquals(2, two.left.peer(0).sessions(), "the pending one is not spoilt for long");
    }

    private void work() {
        two.left.work();
        two.right.work();
    }

    /** What the right device would send under load. */
    private Datagram cookieReply(Datagram initiation) {
        CookieChecker checker =
                new CookieChecker(two.right.publicKey.toBytes(), new SecureRandom());
        byte[] reply =
                checker.reply(
                        initiation.bytes(),
                        HandshakeInitiation.senderIndex(initiation.bytes()),
                        two.left.place,
                        two.network.nowNanos);
        return new Datagram(two.right.place, two.left.place, reply, 0);
    }

    @Test
    void everyTypeWordThatIsNotOneToFourIsRefused() {
        for (int type = 0; type < 256; type++) {
            for (int reserved = 0; reserved < 4; reserved++) {
                if (reserved == 0 && type >= MessageType.INITIATION && type <= MessageType.DATA) {
                    continue;
                }
                byte[] bytes = new byte[148];
                bytes[0] = (byte) type;
                bytes[1 + reserved % 3] = (byte) (reserved == 0 ? 0 : 1);
                two.right.receive(List.of(new Datagram(two.left.place, two.right.place, bytes, 0)));
                assertEquals(DropReason.TUNNEL_BAD_MESSAGE, two.right.drops.getLast());
            }
        }
        assertTrue(two.network.sent.isEmpty());
    }

    private long counted() {
        long count = 0;
        for (TestNode node : List.of(two.left, two.right)) {
            count += node.drops.size();
            for (DropReason reason : DropReason.values()) {
                count += node.device.drops(reason);
            }
        }
        return count;
    }
}
