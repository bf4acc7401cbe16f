package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
import static io.jnat.nat.TranslatorBench.TUNNEL;
import static io.jnat.nat.Wire.ACK;
import static io.jnat.nat.Wire.SYN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.sun.management.ThreadMXBean;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.PacketParser;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.TranslatorBench.Sent;
import io.jnat.nat.rule.NatConfig.Forward;
import io.jnat.nat.rule.PortRange;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Super-frames with partial checksums, and what a packet costs in memory: nothing. */
final class SuperFrameTest {
    private static final String CLIENT = "203.0.113.7";
    private static final String DEVICE = "192.168.20.31";

    private TranslatorBench bench;

    @BeforeEach
    void relay() {
        bench = new TranslatorBench(new NatCapacity(4096, 4096, 64, 2048, 42));
        bench.apply(
                bench.relay(
                        List.of(TranslatorBench.site(0, "site")),
                        List.of(
                                forward("web", Protocol.TCP, 8080, 80),
                                forward("voice", Protocol.UDP, 5000, 6000))));
    }

    private static Forward forward(String name, int protocol, int port, int toPort) {
        return TranslatorBench.forward(
                name, new PortRange(protocol, port, port), 0, DEVICE, toPort);
    }

    @AfterEach
    void release() {
        bench.close();
    }

    /** Makes the checksum of a TCP or UDP packet partial: the folded pseudo-header sum. */
    private static byte[] partial(byte[] packet, int checksumOffset) {
        byte[] pseudo = new byte[12];
        System.arraycopy(packet, 12, pseudo, 0, 8);
        pseudo[9] = packet[9];
        Wire.put16(pseudo, 10, packet.length - 20);
        Wire.put16(packet, 20 + checksumOffset, ~Wire.onesComplement(pseudo, 0, 12) & 0xffff);
        return packet;
    }

    /** Completes a partial checksum as the kernel would. */
    private static byte[] complete(byte[] packet, int checksumOffset) {
        int checksum = Wire.onesComplement(packet, 20, packet.length - 20);
        Wire.put16(packet, 20 + checksumOffset, checksum);
        return packet;
    }

    private Sent superFrame(byte[] bytes, int link, int peer, int type, int size, int offset) {
        Packet packet = bench.load(bytes, link, peer);
        packet.gsoType = type;
        packet.gsoSize = size;
        packet.needsChecksum = true;
        packet.checksumStart = 20;
        packet.checksumOffset = offset;
        return bench.send(packet);
    }

    @Test
    @Tag("N33")
    void partialChecksumOfATcpSuperFrameStaysPartial() {
        bench.fromWan(Wire.tcp(CLIENT, 4000, PUBLIC, 8080, SYN));
        byte[] train = partial(Wire.tcp(CLIENT, 4000, PUBLIC, 8080, ACK, 1, 2, 30_000, 0), 16);
        Sent out = superFrame(train, 0, -1, Packet.GSO_TCP4, 1360, 16);
        assertNotNull(out, () -> "dropped: " + bench.dropped);
        assertEquals(TUNNEL, out.link());
        Wire.read(complete(out.bytes(), 16));
        assertEquals(23 + 1, bench.flows().get(0).packetsIn());
        assertEquals(1, bench.report().flows());
    }

    @Test
    @Tag("N33")
    void partialChecksumOfAUdpSuperFrameStaysPartial() {
        byte[] train =
                partial(Wire.udp(CLIENT, 4000, PUBLIC, 5000, Wire.payload(10_000), true, true), 6);
        Sent out = superFrame(train, 0, -1, Packet.GSO_UDP, 1000, 6);
        assertNotNull(out, () -> "dropped: " + bench.dropped);
        Wire.read(complete(out.bytes(), 6));
        assertEquals(10, bench.flows().get(0).packetsIn());
    }

    @Test
    @Tag("N31")
    void superFrameIsMeasuredByItsSegments() {
        bench.fromWan(Wire.tcp(CLIENT, 4000, PUBLIC, 8080, SYN));
        byte[] train = partial(Wire.tcp(CLIENT, 4000, PUBLIC, 8080, ACK, 1, 2, 30_000, 0), 16);
        assertNull(superFrame(train.clone(), 0, -1, Packet.GSO_TCP4, 1381, 16));
        assertEquals(DropReason.TOO_BIG, bench.dropped);
        assertEquals(1420, Wire.get16(bench.emitted.get(0).bytes(), 26));
        assertNotNull(superFrame(train, 0, -1, Packet.GSO_TCP4, 1380, 16));
    }

    @Test
    @Tag("N50")
    void hitMissAndExpiryAllocateNothing() {
        byte[] hit = Wire.udp(CLIENT, 4000, PUBLIC, 5000, 100);
        byte[] miss = Wire.udp(DEVICE, 5000, CLIENT, 53, 100);
        byte[] tcp = Wire.tcp(DEVICE, 7000, CLIENT, 80, SYN, 1, 0, 0, 1460);
        byte[] stray = Wire.udp(CLIENT, 4000, PUBLIC, 999, 100);
        byte[] error = Wire.error(CLIENT, PUBLIC, 3, 3, 0, Wire.udp(PUBLIC, 5000, CLIENT, 4000, 9));
        byte[][] pieces =
                Wire.fragments(
                        Wire.udp(CLIENT, 4000, PUBLIC, 5000, Wire.payload(3000), true, false),
                        1400,
                        5);
        Runnable work =
                () -> {
                    for (int at = 0; at < 2000; at++) {
                        quiet(hit, 0, -1);
                        Wire.put16(miss, 20, 1024 + at);
                        quiet(miss, 1, 0);
                        Wire.put16(tcp, 20, 1024 + at);
                        quiet(tcp, 1, 0);
                        quiet(stray, 0, -1);
                        quiet(error, 0, -1);
                        for (int piece = pieces.length - 1; piece >= 0; piece--) {
                            quiet(pieces[piece], 0, -1);
                        }
                    }
                    for (int second = 0; second < 400; second++) {
                        bench.now += 1_000_000_000L;
                        bench.burst.reset(bench.now);
                        bench.policy.onTimer(bench.emitter(), bench.now);
                    }
                };
        work.run();
        work.run();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int run = 0; run < 5; run++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            work.run();
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        // The measurement itself and the JIT's leftovers; one object a packet would be 300 kB.
        assertEquals(0, least / 1000, "allocated " + least + " bytes");
    }

    /** Sends without collecting what comes out. */
    private void quiet(byte[] bytes, int link, int peer) {
        Packet packet = bench.reload(bytes, link, peer);
        if (PacketParser.parse(packet) == null) {
            bench.policy.track(packet, bench.emitter(), bench.now);
            if (packet.verdict == Packet.FORWARD) {
                bench.policy.translate(packet, bench.now);
            }
        }
    }
}
