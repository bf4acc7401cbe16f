package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.PacketStep;
import io.jnat.core.engine.StepRunner;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.PacketParser;
import io.jnat.wireguard.TestNetwork.Datagram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What happens to data: replay, padding, AllowedIPs, ECN, super-frames. */
final class DataTest {
    @AutoClose private final TwoPeers two = TwoPeers.connected();

    @BeforeEach
    void shakeHands() {
        two.shakeHands();
    }

    @Test
    @Tag("W20")
    void replayedPacketsAreDroppedAndCounted() {
        two.network.arrives = datagram -> false;
        two.left.send(two.toRight(1));
        two.left.send(two.toRight(2));
        List<Datagram> held = List.copyOf(two.network.sent);
        two.right.receive(List.of(held.get(1), held.get(0), held.get(0), held.get(1)));
        assertEquals(2, two.right.delivered.size());
        two.right.receive(held);
        assertEquals(2, two.right.delivered.size());
        assertEquals(4, two.right.peer(0).replayed());
        assertEquals(Collections.nCopies(4, DropReason.TUNNEL_REPLAY), two.right.drops);
    }

    @Test
    @Tag("W20")
    void forgedPacketDoesNotMoveTheWindow() {
        two.network.arrives = datagram -> false;
        two.left.send(two.toRight(1));
        Datagram real = two.network.sent.getFirst();
        byte[] bytes = real.bytes().clone();
        bytes[15] = 0x70; // a counter far ahead
        two.right.receive(List.of(new Datagram(real.from(), real.to(), bytes, 0)));
        byte[] sameCounter = real.bytes().clone();
        sameCounter[20] ^= 1;
        two.right.receive(List.of(new Datagram(real.from(), real.to(), sameCounter, 0)));
        assertEquals(
                List.of(DropReason.TUNNEL_BAD_TAG, DropReason.TUNNEL_BAD_TAG), two.right.drops);
        two.right.receive(List.of(real));
        assertEquals(1, two.right.delivered.size());
    }

    @Test
    @Tag("W20")
    void counterPastTheLimitIsRefused() {
        two.left.send(two.toRight(1));
        two.network.sent.getFirst().bytes()[8] = (byte) 0xff;
        Arrays.fill(two.network.sent.getFirst().bytes(), 8, 16, (byte) 0xff);
        two.network.settle();
        assertEquals(List.of(DropReason.TUNNEL_EXPIRED_KEY), two.right.drops);
    }

    @ParameterizedTest
    @Tag("W21")
    @CsvSource({
        "1, 32",
        "4, 32",
        "5, 48",
        "20, 48",
        "21, 64",
        "1380, 1408",
        "1381, 1420",
        "1392, 1420"
    })
    void packetsArePaddedToSixteenBytesButNotPastTheMtu(int payload, int padded) {
        two.left.send(two.toRight(1392));
        two.network.settle();
        byte[] inner = two.toRight(payload);
        assertNull(two.left.send(inner));
        assertEquals(padded + 32, two.network.sent.getLast().bytes().length);
        two.network.settle();
        assertArrayEquals(inner, two.right.delivered.getLast(), "cut to its own length");
        long end = two.right.burst.packets[0].address + inner.length;
        for (int pad = 0; pad < padded - inner.length; pad++) {
            assertEquals(0, Memory.getByte(end + pad), "not what another packet has left there");
        }
    }

    /** What waits behind bulk is opened to be looked at, and again with its burst. */
    @Test
    void whatIsOpenStaysOpen() {
        two.network.arrives = datagram -> false;
        two.left.send(two.toRight(1));
        two.left.send(two.toRight(2));
        two.right.opens = 2;
        two.right.receive(two.network.sent);
        assertEquals(2, two.right.delivered.size());
    }

    @Test
    @Tag("W21")
    void mtuIsFollowedWhenItChanges() {
        assertEquals(DropReason.TOO_BIG, two.left.send(two.toRight(1400)));
        two.left.link.deviceMtu(34_736);
        assertNull(two.left.send(two.toRight(34_000)));
        two.network.settle();
        assertEquals(1, two.right.delivered.size());
    }

    @Test
    @Tag("W21")
    void packetsThatMakeNoSenseAreDroppedAndCounted() {
        byte[][] bad = {
            new byte[16], // version 0
            {0x45, 0, 0, 20}, // cut off
            withLength(two.toRight(50), 19),
            withLength(two.toRight(50), 200),
            {0x60, 0, 0, 0, 0, 0, 17, 64, 0, 0, 0, 0, 0, 0, 0, 0},
            InnerPackets.udp("fd00::1", "fd00::2", new byte[9]),
        };
        bad[5][5] = 100;
        for (byte[] inner : bad) {
            inject(inner);
        }
        assertEquals(0, two.right.delivered.size());
        assertEquals(
                Collections.nCopies(bad.length, DropReason.TUNNEL_BAD_INNER_PACKET),
                two.right.drops);
    }

    @Test
    @Tag("W21")
    void packetsThatAreNothingButAHeaderPass() {
        byte[] four = Arrays.copyOf(withLength(two.toRight(0), 20), 20);
        byte[] six = Arrays.copyOf(InnerPackets.udp("fd00::1", "fd00::2", new byte[0]), 40);
        six[5] = 0;
        inject(four);
        inject(six);
        assertEquals(2, two.right.delivered.size(), () -> "dropped: " + two.right.drops);
        assertArrayEquals(four, two.right.delivered.get(0));
        assertArrayEquals(six, two.right.delivered.get(1));
    }

    @Test
    @Tag("W21")
    void truncatedAndOversizedDatagramsAreDropped() {
        two.left.send(two.toRight(50));
        Datagram real = two.network.sent.getFirst();
        for (int length = 0; length < 32; length++) {
            byte[] cut = Arrays.copyOf(real.bytes(), length);
            two.right.receive(List.of(new Datagram(real.from(), real.to(), cut, 0)));
        }
        assertEquals(Collections.nCopies(32, DropReason.TUNNEL_BAD_MESSAGE), two.right.drops);
        two.right.receive(
                List.of(
                        new Datagram(
                                real.from(), real.to(), Arrays.copyOf(real.bytes(), 65_507), 0)));
        assertEquals(DropReason.TUNNEL_BAD_TAG, two.right.drops.getLast());
    }

    @Test
    @Tag("W23")
    void innerSourceMustBelongToThePeer() {
        assertNull(two.left.send(InnerPackets.udp("10.0.0.9", "10.0.0.2", new byte[1])));
        assertNull(two.left.send(InnerPackets.udp("fd00::9", "fd00::2", new byte[1])));
        two.network.settle();
        assertEquals(0, two.right.delivered.size());
        assertEquals(2, two.right.peer(0).notAllowed());
        assertEquals(Collections.nCopies(2, DropReason.TUNNEL_NOT_ALLOWED_SOURCE), two.right.drops);
    }

    @Test
    @Tag("W26")
    void destinationWithoutPeerOrEndpointIsReported() {
        assertEquals(
                DropReason.TUNNEL_NO_PEER,
                two.left.send(InnerPackets.udp("10.0.0.1", "10.7.0.1", new byte[1])));
        assertEquals(DropReason.TUNNEL_NO_PEER, two.left.send(two.toRight(1), 5));
        try (TwoPeers strangers = new TwoPeers(null, null, null, null)) {
            assertEquals(DropReason.TUNNEL_NO_ENDPOINT, strangers.left.send(strangers.toRight(1)));
        }
    }

    @Test
    @Tag("W23")
    void givenPeerGoesBeforeAllowedIps() {
        byte[] elsewhere = InnerPackets.udp("10.0.0.1", "203.0.113.5", new byte[1]);
        assertNull(two.left.send(elsewhere, 0));
        two.network.settle();
        assertArrayEquals(elsewhere, two.right.delivered.getFirst());
        assertEquals(0, two.right.deliveredFrom.getFirst());
    }

    /** RFC 6040 section 4.2: the whole table; -1 is a drop. */
    @ParameterizedTest
    @Tag("W25")
    @CsvSource({
        "0,0,0", "0,2,0", "0,1,0", "0,3,-1",
        "2,0,2", "2,2,2", "2,1,1", "2,3,3",
        "1,0,1", "1,2,1", "1,1,1", "1,3,3",
        "3,0,3", "3,2,3", "3,1,3", "3,3,3",
    })
    void congestionMarksAreCarriedIn(int inner, int outer, int result) {
        for (String[] pair : new String[][] {{"10.0.0.1", "10.0.0.2"}, {"fd00::1", "fd00::2"}}) {
            two.forget();
            byte[] packet = InnerPackets.udp(pair[0], pair[1], new byte[4], 0x48 | inner);
            two.network.arrives = datagram -> false;
            two.left.send(packet);
            Datagram real = two.network.sent.getFirst();
            assertEquals(inner, real.tos(), "outside stands the inner ECN and no DSCP");
            two.right.receive(
                    List.of(new Datagram(real.from(), real.to(), real.bytes(), 0xa0 | outer)));
            if (result < 0) {
                assertEquals(List.of(DropReason.TUNNEL_CONGESTION), two.right.drops);
            } else {
                byte[] expected = InnerPackets.udp(pair[0], pair[1], new byte[4], 0x48 | result);
                assertArrayEquals(expected, two.right.delivered.getFirst());
            }
        }
    }

    @Test
    @Tag("W25")
    void innerDscpIsShownOutsideOnlyOnRequest() {
        WireGuardKey key = WireGuardKey.generatePrivate();
        DeviceConfig standard = DeviceConfig.standard(key);
        DeviceConfig copying =
                new DeviceConfig(key, true, standard.stagingBytes(), standard.timing());
        try (TestNode third =
                new TestNode(
                        two.network,
                        "192.0.2.3:3000",
                        copying,
                        TwoPeers.peer(
                                "right",
                                two.right.privateKey,
                                null,
                                TwoPeers.RIGHT_PLACE,
                                "10.0.0.2/32"))) {
            two.right.device.submit(
                    new DeviceCommand.SetPeer(
                            TwoPeers.peer("third", key, null, null, "10.0.0.3/32")));
            two.network.settle();
            third.send(InnerPackets.udp("10.0.0.3", "10.0.0.2", new byte[1], 0xb8 | 2));
            two.network.settle();
            assertEquals(0xb8 | 2, two.network.sent.getLast().tos());
            assertEquals(1, two.right.delivered.size());
        }
    }

    /** In one batch out, and in one burst in: each under the keys of its own peer. */
    @Test
    void messagesOfTwoPeersMayAlternate() {
        WireGuardKey key = WireGuardKey.generatePrivate();
        PeerConfig right =
                TwoPeers.peer(
                        "right", two.right.privateKey, null, TwoPeers.RIGHT_PLACE, "10.0.0.2/32");
        try (TestNode third = new TestNode(two.network, "192.0.2.3:3000", key, right)) {
            two.right.device.submit(
                    new DeviceCommand.SetPeer(
                            TwoPeers.peer("third", key, null, null, "10.0.0.3/32")));
            two.network.settle();
            third.send(InnerPackets.udp("10.0.0.3", "10.0.0.2", new byte[1]));
            two.network.settle();
            two.forget();
            two.network.arrives = datagram -> false;
            for (int bytes = 0; bytes < 5; bytes++) {
                two.left.send(two.toRight(bytes));
                third.send(InnerPackets.udp("10.0.0.3", "10.0.0.2", new byte[bytes]));
            }
            two.right.receive(List.copyOf(two.network.sent));
            assertEquals(10, two.right.delivered.size(), () -> "dropped: " + two.right.drops);
            two.network.arrives = datagram -> true;
            for (int bytes = 0; bytes < 5; bytes++) {
                assertNull(two.right.stage(two.toLeft(bytes)));
                byte[] toThird = InnerPackets.udp("10.0.0.2", "10.0.0.3", new byte[bytes]);
                assertNull(two.right.stage(toThird));
            }
            two.right.transmit();
            two.network.settle();
            assertEquals(5, two.left.delivered.size(), () -> "dropped: " + two.left.drops);
            assertEquals(5, third.delivered.size(), () -> "dropped: " + third.drops);
        }
    }

    @Test
    @Tag("W29")
    void superFramesAreCutAndArriveInOrder() {
        byte[] payload = new byte[20_000];
        new Random(1).nextBytes(payload);
        try (Slab slab = Slab.allocate(70_000)) {
            Packet frame = udpSuperFrame(slab, payload, 1000);
            assertNull(two.left.send(frame));
        }
        assertEquals(20, two.network.sent.size());
        two.network.settle();
        assertEquals(20, two.right.delivered.size());
        for (int at = 0; at < 20; at++) {
            byte[] expected =
                    InnerPackets.udp(
                            "10.0.0.1",
                            "10.0.0.2",
                            Arrays.copyOfRange(payload, 1000 * at, 1000 * at + 1000));
            byte[] got = two.right.delivered.get(at);
            assertArrayEquals(
                    Arrays.copyOfRange(expected, 20, expected.length),
                    Arrays.copyOfRange(got, 20, got.length),
                    "datagram with its checksum " + at);
        }
    }

    @Test
    @Tag("W29")
    void largeBurstsKeepTheirOrder() {
        List<byte[]> sent = new ArrayList<>();
        Random random = new Random(4);
        for (int number = 0; number < 500; number++) {
            byte[] inner = two.toRight(random.nextInt(1300));
            sent.add(inner);
            two.left.send(inner);
        }
        List<Datagram> all = List.copyOf(two.network.sent);
        two.network.arrives = datagram -> false;
        for (int at = 0; at < all.size(); at += 100) {
            two.right.receive(all.subList(at, at + 100));
        }
        assertEquals(500, two.right.delivered.size());
        for (int at = 0; at < 500; at++) {
            assertArrayEquals(sent.get(at), two.right.delivered.get(at));
        }
    }

    @Test
    void bytesAreCountedWithWireGuardsOwn() {
        long tx = two.left.peer(0).txBytes();
        long rx = two.right.peer(0).rxBytes();
        two.left.send(two.toRight(100));
        two.network.settle();
        long length = two.network.sent.getFirst().bytes().length;
        assertEquals(tx + length, two.left.peer(0).txBytes());
        assertEquals(rx + length, two.right.peer(0).rxBytes());
        assertTrue(tx >= 148 && rx >= 148);
    }

    /** Seals any bytes as the left device would, and lets them arrive. */
    private void inject(byte[] inner) {
        Peer peer = two.left.device.peer(0);
        var keypair = peer.sessions().current();
        try (Slab slab = Slab.allocate(4096)) {
            long at = slab.address();
            long counter = keypair.nextSendCounter();
            io.jnat.wireguard.message.DataMessage.writeHeader(at, keypair.remoteIndex(), counter);
            Memory.copy(inner, 0, at + 16, inner.length);
            new io.jnat.wireguard.crypto.JdkPacketCipher()
                    .seal(
                            keypair.sendKey(),
                            new long[] {at + 16},
                            new int[] {inner.length},
                            new long[] {counter},
                            0,
                            1);
            byte[] message = new byte[inner.length + 32];
            Memory.copy(at, message, 0, message.length);
            two.right.receive(List.of(new Datagram(two.left.place, two.right.place, message, 0)));
        }
    }

    private static byte[] withLength(byte[] ipv4, int length) {
        ipv4[2] = (byte) (length >>> 8);
        ipv4[3] = (byte) length;
        return ipv4;
    }

    @Test
    void workersSealAndOpenPartsOfABurstWithCiphersOfTheirOwn() {
        two.left.tunnel = two.left.device.tunnel(new FromTheBack());
        two.right.tunnel = two.right.device.tunnel(new FromTheBack());
        two.network.arrives = datagram -> false;
        byte[] payload = new byte[60 * 1000];
        new Random(5).nextBytes(payload);
        try (Slab slab = Slab.allocate(70_000)) {
            assertNull(two.left.send(udpSuperFrame(slab, payload, 1000)));
        }
        List<Datagram> sealed = new ArrayList<>(two.network.sent);
        assertEquals(60, sealed.size());
        sealed.get(20).bytes()[100] ^= 1;
        two.right.receive(sealed);
        assertEquals(59, two.right.delivered.size());
        assertEquals(List.of(DropReason.TUNNEL_BAD_TAG), two.right.drops);
        for (int at = 0; at < 59; at++) {
            int segment = at < 20 ? at : at + 1;
            byte[] inner = two.right.delivered.get(at);
            assertArrayEquals(
                    Arrays.copyOfRange(payload, 1000 * segment, 1000 * segment + 1000),
                    Arrays.copyOfRange(inner, 28, inner.length));
        }
    }

    /** The last part first, each by another worker. */
    private static final class FromTheBack implements StepRunner {
        private static final int PART = 7;
        private static final int WORKERS = 3;

        @Override
        public void run(PacketStep step, int[] lengths, int count) {
            for (int part = (count - 1) / PART; part >= 0; part--) {
                int first = part * PART;
                step.run(part % (1 + WORKERS), first, Math.min(PART, count - first));
            }
        }

        @Override
        public int workers() {
            return WORKERS;
        }
    }

    static Packet udpSuperFrame(Slab slab, byte[] payload, int segment) {
        byte[] whole = InnerPackets.udp("10.0.0.1", "10.0.0.2", payload);
        long at = slab.address() + Packet.HEADROOM_BYTES;
        Memory.copy(whole, 0, at, whole.length);
        Packet frame = new Packet();
        frame.reset(at, whole.length);
        frame.gsoType = Packet.GSO_UDP;
        frame.gsoSize = segment;
        frame.needsChecksum = true;
        frame.checksumStart = 20;
        frame.checksumOffset = 6;
        // the field holds the folded sum of the pseudo header
        long sum = 0;
        for (int offset = 12; offset < 20; offset += 2) {
            sum += Memory.getShort(at + offset);
        }
        sum += 17 + whole.length - 20;
        sum = (sum & 0xffff) + (sum >>> 16);
        sum = (sum & 0xffff) + (sum >>> 16);
        Memory.putShort(at + 26, (int) sum);
        assertNull(PacketParser.parse(frame));
        return frame;
    }
}
