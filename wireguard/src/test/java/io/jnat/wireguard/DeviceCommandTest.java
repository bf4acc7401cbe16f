package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.stat.DropReason;
import io.jnat.wireguard.message.MessageType;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Changes of the running device. */
final class DeviceCommandTest {
    @AutoClose private final TwoPeers two = TwoPeers.connected();

    @Test
    @Tag("W30")
    void newOwnKeyForgetsSessionsAndTheNextPacketShakesHandsAtOnce() {
        two.shakeHands();
        WireGuardKey fresh = WireGuardKey.generatePrivate();
        two.right.device.submit(
                new DeviceCommand.SetPeer(
                        TwoPeers.peer("left again", fresh, null, null, "10.0.0.1/32")));
        two.network.settle();
        two.left.device.submit(new DeviceCommand.SetPrivateKey(fresh));
        two.network.settle();
        assertFalse(two.left.hasSession());
        assertEquals(0, two.network.count(two.left.place, MessageType.INITIATION));
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(1, two.network.count(two.left.place, MessageType.INITIATION));
        assertEquals(2, two.left.peer(0).sessions());
        assertEquals(1, two.right.delivered.size());
        assertEquals(two.right.device.peerIndex(fresh.publicKey()), two.right.deliveredFrom.get(0));
    }

    @Test
    @Tag("W30")
    void newOwnKeyIsFollowedAtOnceWherePersistentKeepalivesAreWanted() {
        two.left.device.submit(
                new DeviceCommand.SetPeer(two.rightKeptAlive(TwoPeers.RIGHT_PLACE, 25)));
        two.network.settle();
        two.forget();
        two.left.device.submit(new DeviceCommand.SetPrivateKey(WireGuardKey.generatePrivate()));
        two.network.settle();
        assertEquals(1, two.network.count(two.left.place, MessageType.INITIATION));
    }

    @Test
    @Tag("W30")
    void peerThatIsOneselfIsDropped() {
        two.left.device.submit(new DeviceCommand.SetPrivateKey(two.right.privateKey));
        two.network.settle();
        assertEquals(List.of(), two.left.device.status());
        assertTrue(two.left.events.contains(new DeviceEvent.PeerIsSelf("right")));
        two.left.device.submit(
                new DeviceCommand.SetPeer(
                        TwoPeers.peer("me", two.right.privateKey, null, null, "10.0.0.8/32")));
        two.network.settle();
        assertEquals(List.of(), two.left.device.status());
    }

    @Test
    @Tag("W30")
    void withoutAKeyNothingIsAnswered() {
        two.right.device.submit(new DeviceCommand.SetPrivateKey(null));
        two.network.settle();
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(0, two.network.count(two.right.place, MessageType.RESPONSE));
        assertEquals(1, two.right.device.drops(DropReason.TUNNEL_BAD_HANDSHAKE));
    }

    @Test
    void aPeerThatIsRemovedWhileItsCallWaitsIsNotCalled() {
        two.left.send(two.toRight(1));
        two.left.device.submit(new DeviceCommand.RemovePeer(two.right.publicKey));
        two.network.settle();
        assertEquals(0, two.network.count(two.left.place, MessageType.INITIATION));
    }

    @Test
    void whoCallsUnderAKeyThatNoPeerHasIsCountedApart() {
        two.left.device.submit(new DeviceCommand.SetPrivateKey(WireGuardKey.generatePrivate()));
        two.network.settle();
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(1, two.right.device.drops(DropReason.TUNNEL_UNKNOWN_PEER));
        assertEquals(0, two.right.device.drops(DropReason.TUNNEL_BAD_HANDSHAKE));
        assertEquals(0, two.network.count(two.right.place, MessageType.RESPONSE));
    }

    @Test
    @Tag("W23")
    void prefixMovesToThePeerThatIsGivenItLast() {
        WireGuardKey third = WireGuardKey.generatePrivate();
        two.left.device.submit(
                new DeviceCommand.SetPeer(
                        TwoPeers.peer("third", third, null, "192.0.2.3:3", "10.0.0.2/32")));
        two.network.settle();
        assertTrue(
                two.left.events.contains(
                        new DeviceEvent.PrefixMoved(
                                AllowedIp.parse("10.0.0.2/32"), 0, "right", "third")));
        assertEquals(
                List.of(AllowedIp.parse("fd00::2/128")), two.left.peer(0).config().allowedIps());
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals("192.0.2.3:3", two.network.sent.getFirst().to().toString());
    }

    @Test
    @Tag("W23")
    void prefixesThatMoveTogetherAreToldTogether() {
        two.left.device.submit(
                new DeviceCommand.SetPeer(
                        TwoPeers.peer(
                                "third",
                                WireGuardKey.generatePrivate(),
                                null,
                                null,
                                "fd00::2/128",
                                "10.0.0.2/32",
                                "10.9.0.0/16")));
        two.network.settle();
        assertTrue(
                two.left.events.contains(
                        new DeviceEvent.PrefixMoved(
                                AllowedIp.parse("fd00::2/128"), 1, "right", "third")));
        assertEquals(List.of(), two.left.peer(0).config().allowedIps());
    }

    @Test
    @Tag("W23")
    void longestPrefixDecidesAlsoWhenNestedOnesComeAndGo() {
        WireGuardKey wide = WireGuardKey.generatePrivate();
        two.left.device.submit(
                new DeviceCommand.SetPeer(
                        TwoPeers.peer("wide", wide, null, "192.0.2.9:9", "0.0.0.0/0")));
        two.network.settle();
        int wideIndex = two.left.device.peerIndex(wide.publicKey());
        int right = two.left.device.peerIndex(two.right.publicKey);
        AllowedIps table = two.left.device.allowedIps();
        assertEquals(right, table.find(0, false, 0, 0x0a000002L));
        assertEquals(wideIndex, table.find(0, false, 0, 0x0a000003L));
        two.left.device.submit(new DeviceCommand.RemovePeer(two.right.publicKey));
        two.network.settle();
        assertEquals(wideIndex, table.find(0, false, 0, 0x0a000002L));
        two.left.device.submit(new DeviceCommand.RemovePeer(wide.publicKey()));
        two.network.settle();
        assertEquals(AllowedIps.NONE, table.find(0, false, 0, 0x0a000002L));
    }

    @Test
    @Tag("W23")
    void twoSitesMayUseTheSamePrefixInTheirOwnDomains() {
        WireGuardKey siteA = WireGuardKey.generatePrivate();
        WireGuardKey siteB = WireGuardKey.generatePrivate();
        two.right.device.submit(
                new DeviceCommand.ReplacePeers(
                        List.of(
                                site("a", siteA, 1, "192.0.2.21:1"),
                                site("b", siteB, 2, "192.0.2.22:1"))));
        two.network.settle();
        PeerConfig relay =
                TwoPeers.peer(
                        "relay", two.right.privateKey, null, TwoPeers.RIGHT_PLACE, "0.0.0.0/0");
        try (TestNode a = new TestNode(two.network, "192.0.2.21:1", siteA, relay);
                TestNode b = new TestNode(two.network, "192.0.2.22:1", siteB, relay)) {
            byte[] inner = InnerPackets.udp("192.168.1.5", "198.51.100.1", new byte[4]);
            a.send(inner);
            b.send(inner);
            two.network.settle();
            int indexOfA = two.right.device.peerIndex(siteA.publicKey());
            int indexOfB = two.right.device.peerIndex(siteB.publicKey());
            assertEquals(2, two.right.delivered.size());
            assertTrue(two.right.deliveredFrom.containsAll(List.of(indexOfA, indexOfB)));
            byte[] back = InnerPackets.udp("198.51.100.1", "192.168.1.5", new byte[5]);
            assertNull(two.right.send(back, indexOfB));
            assertEquals(
                    DropReason.TUNNEL_NO_PEER, two.right.send(back), "not in the default domain");
            two.network.settle();
            assertEquals(0, a.delivered.size());
            assertEquals(1, b.delivered.size());
        }
    }

    /**
     * A random history of peers set, set again, moved to another domain and removed, whose prefixes
     * nest and are taken from one another: table and configuration say the same, and what a slow
     * look-up says.
     */
    @Test
    @Tag("W23")
    void tableAndConfigurationAgreeThroughARandomHistory() {
        Random random = new Random(21);
        List<WireGuardKey> keys = new ArrayList<>();
        for (int number = 0; number < 40; number++) {
            keys.add(WireGuardKey.generatePrivate().publicKey());
        }
        for (int step = 0; step < 1000; step++) {
            WireGuardKey key = keys.get(random.nextInt(keys.size()));
            if (random.nextInt(5) == 0) {
                two.left.device.submit(new DeviceCommand.RemovePeer(key));
            } else {
                Set<AllowedIp> prefixes = new LinkedHashSet<>();
                for (int count = random.nextInt(5); count > 0; count--) {
                    prefixes.add(randomPrefix(random));
                }
                two.left.device.submit(
                        new DeviceCommand.SetPeer(
                                new PeerConfig(
                                        "p",
                                        key,
                                        null,
                                        null,
                                        List.copyOf(prefixes),
                                        0,
                                        random.nextInt(2))));
            }
            two.left.work();
            if (step % 10 == 0) {
                lookUp(random);
            }
        }
    }

    private void lookUp(Random random) {
        List<PeerStatus> peers = two.left.device.status();
        for (int look = 0; look < 100; look++) {
            AllowedIp address = randomPrefix(random);
            int domain = random.nextInt(2);
            int expected = AllowedIps.NONE;
            int longest = -1;
            for (PeerStatus peer : peers) {
                for (AllowedIp prefix : peer.config().allowedIps()) {
                    int length = prefix.prefixLength();
                    if (peer.config().domain() == domain && covers(prefix, address)) {
                        assertNotEquals(longest, length, "two peers have " + prefix);
                        if (length > longest) {
                            longest = length;
                            expected = peer.index();
                        }
                    }
                }
            }
            assertEquals(
                    expected,
                    two.left
                            .device
                            .allowedIps()
                            .find(domain, address.v6(), address.high(), address.low()));
        }
    }

    private static boolean covers(AllowedIp prefix, AllowedIp address) {
        return prefix.v6() == address.v6()
                && new AllowedIp(address.v6(), address.high(), address.low(), prefix.prefixLength())
                        .equals(prefix);
    }

    private static AllowedIp randomPrefix(Random random) {
        boolean v6 = random.nextBoolean();
        int[] lengths = v6 ? new int[] {0, 32, 63, 64, 65, 128} : new int[] {0, 8, 24, 31, 32};
        int length = lengths[random.nextInt(lengths.length)];
        long low = (long) random.nextInt(2) << 24 | random.nextInt(2) << 8 | random.nextInt(4);
        long high = 0x2001_0db8_0000_0000L | random.nextInt(2);
        return new AllowedIp(v6, high, v6 ? low << 40 : low, length);
    }

    private static PeerConfig site(String name, WireGuardKey key, int domain, String place) {
        return new PeerConfig(
                name,
                key.publicKey(),
                null,
                PeerEndpoint.parse(place),
                List.of(AllowedIp.parse("192.168.1.0/24")),
                0,
                domain);
    }

    @Test
    void removedPeerEndsAtOnceAndItsNumberIsNotGivenOutAgainSoon() {
        two.shakeHands();
        two.right.device.submit(new DeviceCommand.RemovePeer(two.left.publicKey));
        two.network.settle();
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(List.of(DropReason.TUNNEL_UNKNOWN_INDEX), two.right.drops);
        assertEquals(0, two.right.device.indices().size());
        assertFalse(two.right.hasSession());
        WireGuardKey other = WireGuardKey.generatePrivate();
        two.right.device.submit(
                new DeviceCommand.SetPeer(
                        TwoPeers.peer("other", other, null, null, "10.0.0.1/32")));
        two.network.settle();
        assertNotEquals(0, two.right.device.peerIndex(other.publicKey()));
    }

    @Test
    void replacingPeersKeepsTheSessionsOfThoseThatStay() {
        two.shakeHands();
        List<PeerConfig> all = new ArrayList<>();
        all.add(two.left.peer(0).config());
        for (int number = 0; number < 50; number++) {
            all.add(
                    TwoPeers.peer(
                            "p" + number,
                            WireGuardKey.generatePrivate(),
                            null,
                            null,
                            "10.1." + number + ".0/24"));
        }
        two.left.device.submit(new DeviceCommand.ReplacePeers(all));
        two.network.settle();
        assertEquals(51, two.left.device.status().size());
        assertEquals(1, two.left.peer(0).sessions());
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(1, two.right.delivered.size());
        two.left.device.submit(new DeviceCommand.ReplacePeers(all.subList(0, 1)));
        two.network.settle();
        assertEquals(1, two.left.device.status().size());
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(2, two.right.delivered.size());
    }

    @Test
    void statusTellsWhatWgShowTells() {
        two.shakeHands();
        PeerStatus status = two.right.peer(0);
        assertEquals("left", status.config().name());
        assertEquals(TwoPeers.LEFT_PLACE, status.endpoint());
        assertTrue(status.rxBytes() > 148 && status.txBytes() >= 92);
        assertEquals(1, status.sessions());
        assertEquals(
                1_700_000_000L + two.network.nowNanos / 1_000_000_000L,
                status.lastHandshake().getEpochSecond());
        two.network.passSeconds(3);
        assertEquals(3, two.right.peer(0).sessionAge().toSeconds());
    }

    @Test
    void handshakeIsAsOldAsItIsWhateverTheWallClockIsSetTo() {
        assertNull(two.right.peer(0).handshakeAge());
        two.shakeHands();
        two.right.wallClockAheadSeconds = -86_400;
        two.network.passSeconds(3);
        assertEquals(3, two.right.peer(0).handshakeAge().toSeconds());
        two.right.wallClockAheadSeconds = 365 * 86_400L;
        two.network.passSeconds(600);
        assertNull(two.right.peer(0).sessionAge());
        assertEquals(603, two.right.peer(0).handshakeAge().toSeconds());
    }

    @Test
    @Tag("W30")
    void handshakeThatWasFinishedWithTheOldKeyMakesNoSession() {
        two.network.arrives = datagram -> datagram.type() != MessageType.RESPONSE;
        two.left.send(two.toRight(1));
        two.network.settle();
        TestNetwork.Datagram response = two.network.sent.getLast();
        two.left.receive(List.of(response));
        two.left.device.submit(new DeviceCommand.SetPrivateKey(WireGuardKey.generatePrivate()));
        assertTrue(two.left.worker.work(), "finishes it before the engine has the new key");
        two.network.settle();
        assertEquals(0, two.left.peer(0).sessions());
        assertFalse(two.left.hasSession());
        assertEquals(1, two.left.device.indices().size(), "the new handshake's");
    }
}
