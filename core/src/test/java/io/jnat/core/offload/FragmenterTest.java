package io.jnat.core.offload;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.NativeBytes;
import io.jnat.core.wire.OraclePackets;
import io.jnat.core.wire.PacketParser;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.util.IpV4Helper;

@Tag("N31")
final class FragmenterTest {
    private static byte[] datagram(int payload) {
        byte[] data = new byte[payload];
        new Random(8).nextBytes(data);
        return OraclePackets.udp("10.0.0.1", "203.0.113.9", 4000, 443, 77, data);
    }

    private static List<byte[]> fragments(byte[] bytes, int mtu) {
        List<byte[]> fragments = new ArrayList<>();
        try (NativeBytes memory = new NativeBytes(bytes);
                NativeBytes out = new NativeBytes(new byte[mtu])) {
            Packet packet = memory.packet();
            assertNull(PacketParser.parse(packet));
            int count = Fragmenter.prepare(packet, mtu);
            for (int index = 0; index < count; index++) {
                int length = Fragmenter.writeFragment(packet, mtu, index, out.address());
                assertTrue(length <= mtu);
                fragments.add(NativeBytes.bytes(out.address(), length));
            }
        }
        return fragments;
    }

    private static byte[] reassemble(List<byte[]> fragments) throws Exception {
        List<IpV4Packet> packets = new ArrayList<>();
        for (byte[] fragment : fragments) {
            IpV4Packet packet = IpV4Packet.newPacket(fragment, 0, fragment.length);
            assertTrue(packet.getHeader().hasValidChecksum(false));
            packets.add(packet);
        }
        return IpV4Helper.defragment(packets).getRawData();
    }

    @ParameterizedTest
    @ValueSource(ints = {68, 576, 1280, 1420, 1499, 6027})
    void theOraclePutsThePacketTogetherAgain(int mtu) throws Exception {
        byte[] bytes = datagram(6000);
        List<byte[]> fragments = fragments(bytes, mtu);
        assertTrue(fragments.size() > 1);
        assertArrayEquals(bytes, reassemble(fragments));
        for (int at = 0; at < fragments.size(); at++) {
            boolean moreToCome = (fragments.get(at)[6] & 0x20) != 0;
            assertEquals(at < fragments.size() - 1, moreToCome);
        }
    }

    @Test
    void packetThatFitsStaysWhole() {
        byte[] bytes = datagram(100);
        List<byte[]> fragments = fragments(bytes, 128);
        assertEquals(1, fragments.size());
        assertArrayEquals(bytes, fragments.get(0));
        assertEquals(2, fragments(bytes, 127).size());
    }

    @Test
    void fragmentsAreFragmentedFurther() throws Exception {
        byte[] bytes = datagram(3000);
        List<byte[]> small = new ArrayList<>();
        for (byte[] fragment : fragments(bytes, 1500)) {
            small.addAll(fragments(fragment, 300));
        }
        assertTrue(small.size() >= 10);
        assertArrayEquals(bytes, reassemble(small));
    }

    private static byte[] withOptions(byte[] plain, byte[] options) {
        byte[] bytes = new byte[plain.length + options.length];
        System.arraycopy(plain, 0, bytes, 0, 20);
        System.arraycopy(options, 0, bytes, 20, options.length);
        System.arraycopy(plain, 20, bytes, 20 + options.length, plain.length - 20);
        bytes[0] = (byte) (0x45 + options.length / 4);
        bytes[3] = (byte) bytes.length;
        try (NativeBytes memory = new NativeBytes(bytes)) {
            Ipv4.writeChecksum(memory.address());
            return memory.bytes();
        }
    }

    @Test
    void optionsWhoseLengthIsGarbageStandInTheFirstFragmentOnly() {
        for (byte[] options :
                new byte[][] {{(byte) 148, 0, 0, 0}, {1, (byte) 136, 60, 9}, {1, 1, 1, -1}}) {
            List<byte[]> fragments = fragments(withOptions(datagram(200), options), 120);
            assertArrayEquals(options, Arrays.copyOfRange(fragments.get(0), 20, 24));
            assertEquals(0x45, fragments.get(1)[0]);
        }
    }

    @Test
    void onlyCopiedOptionsStandInLaterFragments() {
        byte[] plain = datagram(200);
        // NOP, timestamp (not copied, 4 bytes), stream id (copied, 4 bytes), end
        byte[] options = {1, 68, 4, 5, 0, (byte) 136, 4, 9, 9, 0, 0, 0};
        byte[] bytes = withOptions(plain, options);
        List<byte[]> fragments = fragments(bytes, 120);
        assertArrayEquals(options, Arrays.copyOfRange(fragments.get(0), 20, 32));
        assertEquals(0x46, fragments.get(1)[0]);
        assertArrayEquals(
                new byte[] {(byte) 136, 4, 9, 9}, Arrays.copyOfRange(fragments.get(1), 20, 24));
        byte[] payload = new byte[0];
        for (byte[] fragment : fragments) {
            int header = (fragment[0] & 0xf) * 4;
            int at = payload.length;
            assertEquals(at / 8, (fragment[6] & 0x1f) << 8 | fragment[7] & 0xff);
            payload = Arrays.copyOf(payload, at + fragment.length - header);
            System.arraycopy(fragment, header, payload, at, fragment.length - header);
        }
        assertArrayEquals(Arrays.copyOfRange(plain, 20, plain.length), payload);
    }

    @Test
    void whatCanNotBeFragmentedIsSaid() {
        try (NativeBytes memory = new NativeBytes(datagram(100))) {
            Packet packet = memory.packet();
            assertNull(PacketParser.parse(packet));
            assertEquals(0, Fragmenter.prepare(packet, 67));
            packet.gsoSize = 50;
            assertEquals(0, Fragmenter.prepare(packet, 100));
        }
        byte[] six = OraclePackets.udp("fd00::1", "fd00::2", 1, 2, 0, new byte[2000]);
        assertEquals(0, fragments(six, 1280).size());
    }
}
