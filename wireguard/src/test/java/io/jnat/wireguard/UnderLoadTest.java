package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Endpoint;
import io.jnat.core.stat.DropReason;
import io.jnat.wireguard.TestNetwork.Datagram;
import io.jnat.wireguard.cookie.MacStamp;
import io.jnat.wireguard.message.HandshakeInitiation;
import io.jnat.wireguard.message.MessageType;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Floods of handshakes: cookies, and data that goes on. */
@Tag("W7")
final class UnderLoadTest {
    @AutoClose private final TwoPeers two = TwoPeers.connected();
    private final Random random = new Random(8);

    @Test
    void messagesWithoutMac1AreNotAnswered() {
        byte[] message = HandshakeInitiation.create(1);
        random.nextBytes(message);
        message[0] = 1;
        message[1] = 0;
        message[2] = 0;
        message[3] = 0;
        two.right.receive(List.of(new Datagram(two.left.place, two.right.place, message, 0)));
        two.network.settle();
        assertEquals(1, two.right.device.drops(DropReason.TUNNEL_BAD_MAC));
        assertEquals(0, two.network.sent.size());
    }

    @Test
    void underLoadASenderMustProveItsAddressAndThenGetsIn() {
        two.right.receive(flood(200));
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(0, two.right.delivered.size());
        Datagram cookie =
                two.network.sent.stream()
                        .filter(d -> d.to().sameRemote(two.left.place))
                        .findFirst()
                        .orElseThrow();
        assertEquals(MessageType.COOKIE_REPLY, cookie.type());
        assertEquals(64, cookie.bytes().length);
        two.right.receive(flood(200)); // still under load when the retry comes
        two.network.nowNanos += 100_000_000L;
        two.network.sent.clear();
        two.network.passSeconds(4.8);
        two.right.receive(flood(200));
        two.network.passSeconds(0.6);
        assertEquals(1, two.right.delivered.size(), "the retry carries mac2");
    }

    /** The queue holds 1024: an eighth of that is load, and for a second after it was. */
    @Test
    void loadBeginsWhen128WaitAndLastsASecond() {
        two.right.receive(flood(127));
        two.network.settle();
        assertEquals(0, two.right.device.drops(DropReason.TUNNEL_UNDER_LOAD));
        assertEquals(127, two.right.device.drops(DropReason.TUNNEL_BAD_HANDSHAKE));
        two.right.receive(flood(128));
        two.network.settle();
        assertEquals(128, two.right.device.drops(DropReason.TUNNEL_UNDER_LOAD));
        two.network.nowNanos += 999_999_999L;
        two.right.receive(flood(1));
        two.network.settle();
        assertEquals(129, two.right.device.drops(DropReason.TUNNEL_UNDER_LOAD));
        two.network.nowNanos += 1;
        two.right.receive(flood(1));
        two.network.settle();
        assertEquals(129, two.right.device.drops(DropReason.TUNNEL_UNDER_LOAD));
        assertEquals(128, two.right.device.drops(DropReason.TUNNEL_BAD_HANDSHAKE));
    }

    @Test
    void underLoadMessagesWithoutMac1GetNoCookie() {
        two.right.receive(flood(200));
        two.network.settle();
        two.network.sent.clear();
        List<Datagram> forged = flood(20);
        forged.forEach(datagram -> datagram.bytes()[120] ^= 1);
        two.right.receive(forged);
        two.network.settle();
        assertEquals(20, two.right.device.drops(DropReason.TUNNEL_BAD_MAC));
        assertEquals(0, two.network.sent.size());
    }

    /** The initiator may be under load as well: its own handshakes must go through. */
    @Test
    void responderMustProveItsAddressTooAndThenGetsIn() {
        MacStamp toLeft = new MacStamp(two.left.publicKey.toBytes());
        two.network.arrives = datagram -> datagram.type() != MessageType.RESPONSE;
        two.left.send(two.toRight(1));
        two.network.settle();
        Datagram response = two.network.sent.getLast();
        assertEquals(MessageType.RESPONSE, response.type());
        two.left.receive(flood(200, toLeft, two.left.place));
        two.left.receive(List.of(response));
        two.network.settle();
        assertEquals(0, two.left.peer(0).sessions());
        Datagram cookie =
                two.network.sent.stream()
                        .filter(d -> d.to().sameRemote(two.right.place))
                        .filter(d -> d.type() == MessageType.COOKIE_REPLY)
                        .findFirst()
                        .orElseThrow();
        assertEquals(HandshakeWorker.HANDSHAKE_TOS, cookie.tos());
        two.network.passSeconds(4.9);
        two.network.arrives = datagram -> true;
        two.left.receive(flood(200, toLeft, two.left.place));
        two.network.passSeconds(0.5); // the next initiation, and its response with mac2
        assertEquals(1, two.left.peer(0).sessions());
        assertEquals(1, two.right.delivered.size());
    }

    /** A hub that comes up calls all its peers, whose answers come while it still does. */
    @Test
    void answersOfPeersDoNotWaitUntilAllAreCalled() {
        two.left.send(two.toRight(1));
        two.left.worker.work();
        two.right.receive(List.of(two.network.sent.getLast()));
        two.right.work();
        Datagram response = two.network.sent.getLast();
        assertEquals(MessageType.RESPONSE, response.type());
        for (int number = 0; number < 200; number++) {
            WireGuardKey other = WireGuardKey.generatePrivate();
            two.left.device.submit(
                    new DeviceCommand.SetPeer(
                            TwoPeers.peer("other", other, null, "192.0.2.3:" + (3000 + number))));
        }
        two.left.device.submit(new DeviceCommand.NetworkChanged());
        while (!two.left.commands.isEmpty()) {
            two.left.commands.poll().apply(two.network.nowNanos);
        }
        two.network.sent.clear();
        two.left.receive(List.of(response));
        two.left.worker.work();
        two.left.commands.forEach(command -> command.apply(two.network.nowNanos));
        assertEquals(1, two.left.peer(0).sessions());
        two.left.worker.work();
        assertEquals(2, two.network.count(two.left.place, MessageType.INITIATION));
    }

    /** Or they would be judged under the key of before. */
    @Test
    void messagesDoNotPassANewKeyThatWaitsBehindCallsThatAreNotWantedAnyMore() {
        WireGuardKey next = WireGuardKey.generatePrivate();
        two.right.device.submit(
                new DeviceCommand.SetPeer(
                        TwoPeers.peer("next", next, null, TwoPeers.LEFT_PLACE, "10.0.0.1/32")));
        two.right.work();
        for (int number = 0; number < 5; number++) {
            WireGuardKey other = WireGuardKey.generatePrivate();
            two.left.device.submit(
                    new DeviceCommand.SetPeer(
                            TwoPeers.peer("other", other, null, "192.0.2.3:" + (3000 + number))));
        }
        two.left.device.submit(new DeviceCommand.NetworkChanged());
        two.left.device.submit(new DeviceCommand.SetPrivateKey(next));
        while (!two.left.commands.isEmpty()) {
            two.left.commands.poll().apply(two.network.nowNanos);
        }
        two.right.send(two.toLeft(1));
        two.right.work();
        Datagram initiation = two.network.sent.getLast();
        assertEquals(MessageType.INITIATION, initiation.type());
        two.left.receive(List.of(initiation));
        two.left.worker.work();
        assertEquals(MessageType.RESPONSE, two.network.sent.getLast().type());
    }

    @Test
    void cookieReplyDoesNotMoveTheEndpoint() {
        two.right.receive(flood(200));
        two.left.send(two.toRight(1));
        two.network.arrives = datagram -> datagram.type() != MessageType.COOKIE_REPLY;
        two.network.settle();
        Datagram cookie =
                two.network.sent.stream()
                        .filter(d -> d.to().sameRemote(two.left.place))
                        .findFirst()
                        .orElseThrow();
        two.left.receive(List.of(new Datagram(endpoint(1), two.left.place, cookie.bytes(), 0)));
        two.network.settle();
        assertEquals(TwoPeers.RIGHT_PLACE, two.left.peer(0).endpoint());
    }

    @Test
    void oneSourceWithACookieMayNotSendMoreThanItsShare() {
        two.right.receive(flood(200));
        two.left.send(two.toRight(1));
        two.network.settle();
        // left has a cookie now; whatever it sends carries mac2, and its bucket holds five
        two.network.arrives = datagram -> false;
        List<Datagram> initiations = new ArrayList<>();
        for (int number = 0; number < 12; number++) {
            two.left.device.peer(0).timers().forgetLastHandshake();
            two.left.device.peer(0).wantHandshake(two.network.nowNanos);
            two.network.settle();
            initiations.add(two.network.sent.getLast());
        }
        long before = two.right.device.drops(DropReason.TUNNEL_UNDER_LOAD);
        two.right.receive(flood(200));
        two.right.receive(initiations);
        two.network.settle();
        assertEquals(
                before + 200 + 12 - 5,
                two.right.device.drops(DropReason.TUNNEL_UNDER_LOAD),
                "five of the twelve pass the bucket");
    }

    @Test
    void fullQueueRefusesAndCounts() {
        int tooMany = HandshakeQueue.CAPACITY + 100;
        for (int sent = 0; sent < tooMany; sent += 100) {
            two.right.receive(flood(100));
        }
        assertEquals(
                2 * 100 - HandshakeQueue.CAPACITY % 100,
                two.right.drops.stream()
                        .filter(DropReason.TUNNEL_HANDSHAKE_QUEUE_FULL::equals)
                        .count());
    }

    @Test
    @Tag("W3")
    void initiationsCloserThan20MillisecondsAreRefused() {
        two.network.arrives = datagram -> datagram.from().sameRemote(two.left.place);
        Peer peer = two.left.device.peer(0);
        peer.wantHandshake(two.network.nowNanos);
        two.network.settle();
        two.network.nowNanos += 19_999_999L;
        peer.timers().forgetLastHandshake();
        peer.wantHandshake(two.network.nowNanos);
        two.network.settle();
        assertEquals(1, two.right.peer(0).failures().get(HandshakeFailure.TOO_MANY_INITIATIONS));
        two.network.nowNanos += 1;
        peer.timers().forgetLastHandshake();
        peer.wantHandshake(two.network.nowNanos);
        two.network.settle();
        assertEquals(2, two.network.count(two.right.place, MessageType.RESPONSE));
    }

    /** With a real handshake thread: whatever it is flooded with, data is opened at once. */
    @Test
    @Tag("W8")
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void floodDoesNotHoldUpData() throws InterruptedException {
        two.shakeHands();
        AtomicLong cookies = new AtomicLong();
        AtomicBoolean done = new AtomicBoolean();
        two.right.handshakesGo = cookie -> cookies.incrementAndGet();
        Thread handshakes =
                Thread.ofPlatform()
                        .start(() -> {
                            while (!done.get() || two.right.worker.work()) {
                                if (!two.right.worker.work()) {
                                    Thread.yield();
                                }
                            }
                        });
        for (int round = 0; round < 200; round++) {
            two.right.receive(flood(100));
            assertNull(two.left.send(two.toRight(round)));
            Datagram data = two.network.sent.getLast();
            two.right.receive(List.of(data));
            assertEquals(round + 1, two.right.delivered.size());
        }
        done.set(true);
        handshakes.join();
        long full =
                two.right.drops.stream()
                        .filter(DropReason.TUNNEL_HANDSHAKE_QUEUE_FULL::equals)
                        .count();
        // every message is accounted for: refused at the door, answered by a cookie, or tried
        assertEquals(
                20_000,
                two.right.device.drops(DropReason.TUNNEL_UNDER_LOAD)
                        + two.right.device.drops(DropReason.TUNNEL_BAD_HANDSHAKE)
                        + full);
        assertTrue(cookies.get() > 0);
        assertEquals(two.right.device.drops(DropReason.TUNNEL_UNDER_LOAD), cookies.get());
    }

    /** Initiations with a valid mac1 and otherwise garbage, from many sources. */
    private List<Datagram> flood(int count) {
        return flood(count, new MacStamp(two.right.publicKey.toBytes()), two.right.place);
    }

    private List<Datagram> flood(int count, MacStamp stamp, Endpoint to) {
        List<Datagram> all = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            byte[] message = HandshakeInitiation.create(random.nextInt());
            for (int at = HandshakeInitiation.EPHEMERAL; at < 116; at++) {
                message[at] = (byte) random.nextInt();
            }
            stamp.stamp(message, two.network.nowNanos);
            all.add(new Datagram(endpoint(number), to, message, 0));
        }
        return all;
    }

    private static Endpoint endpoint(int number) {
        Endpoint endpoint = new Endpoint();
        endpoint.set(
                new InetSocketAddress(
                        InetAddress.ofLiteral("203.0.113." + number % 250), 1000 + number));
        return endpoint;
    }
}
