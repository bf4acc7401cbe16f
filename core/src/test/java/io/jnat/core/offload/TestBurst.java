package io.jnat.core.offload;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Checksum;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.NativeBytes;
import io.jnat.core.wire.OraclePackets;
import io.jnat.core.wire.PacketParser;
import io.jnat.core.wire.Tcp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A burst of packets from the tunnel, by flows that the oracle builds; coalesced and cut again. */
final class TestBurst implements AutoCloseable {
    static final int TUNNEL = 2;

    private static final byte[] OUT = new byte[65536];

    private final Burst burst = new Burst();
    private final Coalescer coalescer = new Coalescer(TUNNEL);
    private long room;

    TestBurst() {
        empty();
    }

    void empty() {
        burst.reset(0);
        burst.sealed = true;
        room = burst.in.address();
    }

    void coalesce() {
        coalescer.coalesce(burst);
    }

    int count() {
        return burst.count;
    }

    Packet packet(int at) {
        return burst.packets[at];
    }

    long make(int bytes) {
        return burst.make(bytes);
    }

    @Override
    public void close() {
        burst.release();
    }

    Packet add(byte[] bytes) {
        room += Packet.HEADROOM_BYTES;
        Memory.copy(bytes, 0, room, bytes.length);
        Packet packet = burst.append(room, bytes.length);
        packet.inPeer = 0;
        packet.inLink = 1;
        room = (room + bytes.length + 7) & -8;
        return packet;
    }

    static byte[] tcp(int flow, int seq, boolean push, int length) {
        return OraclePackets.tcp(
                "10.0.0." + (1 + flow % 4),
                "203.0.113.9",
                4000 + flow,
                443,
                seq,
                push,
                data(seq, length));
    }

    static byte[] tcp6(int flow, int seq, boolean push, int length) {
        return OraclePackets.tcp(
                "fd00::" + (1 + flow % 4),
                "2001:db8::9",
                4000 + flow,
                443,
                seq,
                push,
                data(seq, length));
    }

    static byte[] udp(int flow, int id, int length) {
        return OraclePackets.udp(
                "10.0.0." + (1 + flow % 4), "203.0.113.9", 4000 + flow, 5060, id, data(id, length));
    }

    static byte[] udp6(int flow, int id, int length) {
        return OraclePackets.udp(
                "fd00::" + (1 + flow % 4), "2001:db8::9", 4000 + flow, 5060, 0, data(id, length));
    }

    private static byte[] data(int seed, int length) {
        byte[] data = new byte[length];
        new Random(seed).nextBytes(data);
        return data;
    }

    /** All packets that go on, cut again, in order. */
    List<byte[]> cut() {
        List<byte[]> packets = new ArrayList<>();
        try (NativeBytes out = new NativeBytes(OUT)) {
            for (int at = 0; at < burst.count; at++) {
                Packet packet = burst.packets[at];
                if (packet.verdict != Packet.FORWARD || PacketParser.parse(packet) != null) {
                    continue;
                }
                for (int i = 0; i < Segmenter.segmentCount(packet); i++) {
                    int length = Segmenter.writeSegment(packet, i, out.address());
                    packets.add(NativeBytes.bytes(out.address(), length));
                }
            }
        }
        return packets;
    }

    /** With DF set the identification means nothing, and is counted up by the cut. */
    static byte[] normal(byte[] bytes) {
        byte[] copy = bytes.clone();
        if (copy[0] >>> 4 == 4 && (copy[6] & 0x40) != 0) {
            Arrays.fill(copy, 4, 6, (byte) 0);
            Arrays.fill(copy, 10, 12, (byte) 0);
        }
        return copy;
    }

    private static String flow(byte[] bytes) {
        int header = bytes[0] >>> 4 == 4 ? 20 : 40;
        return Arrays.toString(Arrays.copyOfRange(bytes, header == 20 ? 12 : 8, header))
                + (header == 20 ? bytes[9] : bytes[6])
                + Arrays.toString(Arrays.copyOfRange(bytes, header, header + 4));
    }

    private static Map<String, List<byte[]>> byFlow(List<byte[]> packets) {
        Map<String, List<byte[]>> flows = new HashMap<>();
        for (byte[] packet : packets) {
            flows.computeIfAbsent(flow(packet), key -> new ArrayList<>()).add(normal(packet));
        }
        return flows;
    }

    static void assertSameFlows(List<byte[]> expected, List<byte[]> actual) {
        Map<String, List<byte[]>> want = byFlow(expected);
        Map<String, List<byte[]>> got = byFlow(actual);
        assertEquals(want.keySet(), got.keySet());
        want.forEach((flow, packets) -> {
            assertEquals(packets.size(), got.get(flow).size());
            for (int at = 0; at < packets.size(); at++) {
                assertArrayEquals(packets.get(at), got.get(flow).get(at), flow + " " + at);
            }
        });
    }

    static byte[] repaired(byte[] bytes) {
        try (NativeBytes memory = new NativeBytes(bytes)) {
            if (bytes[0] >>> 4 == 4) {
                Ipv4.writeChecksum(memory.address());
            }
            Packet packet = memory.packet();
            assertNull(PacketParser.parse(packet));
            long tcp = packet.address + packet.transportOffset;
            int length = packet.length - packet.transportOffset;
            Tcp.setChecksum(
                    tcp, Checksum.pseudoHeader(packet.address, packet.ipVersion, 6, length));
            Tcp.setChecksum(tcp, Checksum.of(tcp, length));
            return memory.bytes();
        }
    }

    static byte[] repairedIp(byte[] bytes) {
        try (NativeBytes memory = new NativeBytes(bytes)) {
            Ipv4.writeChecksum(memory.address());
            return memory.bytes();
        }
    }
}
