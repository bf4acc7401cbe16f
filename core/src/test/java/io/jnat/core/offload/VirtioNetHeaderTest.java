package io.jnat.core.offload;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.NativeBytes;
import io.jnat.core.wire.OraclePackets;
import io.jnat.core.wire.PacketParser;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class VirtioNetHeaderTest {
    private static final byte[] TCP =
            OraclePackets.tcp("10.0.0.1", "10.0.0.2", 1, 2, 3, false, new byte[100]);
    private static final byte[] UDP =
            OraclePackets.udp("10.0.0.1", "10.0.0.2", 1, 2, 3, new byte[100]);

    private static byte[] header(
            int flags, int gsoType, int headerLength, int gsoSize, int start, int offset) {
        return new byte[] {
            (byte) flags,
            (byte) gsoType,
            (byte) headerLength,
            (byte) (headerLength >>> 8),
            (byte) gsoSize,
            (byte) (gsoSize >>> 8),
            (byte) start,
            (byte) (start >>> 8),
            (byte) offset,
            (byte) (offset >>> 8)
        };
    }

    private static DropReason read(byte[] header, byte[] bytes, Packet into) {
        try (NativeBytes memory = new NativeBytes(bytes);
                NativeBytes headerMemory = new NativeBytes(header)) {
            into.reset(memory.address(), bytes.length);
            DropReason reason = VirtioNetHeader.read(headerMemory.address(), into);
            return reason == null ? PacketParser.parse(into) : reason;
        }
    }

    @Test
    void superFrameIsReadAndHeaderLengthIsNotBelieved() {
        Packet packet = new Packet();
        assertNull(read(header(1, 1, 9999, 30, 20, 16), TCP, packet));
        assertEquals(Packet.GSO_TCP4, packet.gsoType);
        assertEquals(30, packet.gsoSize);
        assertEquals(4, packet.segments());
        assertTrue(packet.needsChecksum);
        assertNull(read(header(1, 0x81, 0, 30, 20, 16), TCP, packet));
        assertEquals(Packet.GSO_TCP4, packet.gsoType, "ECN bit");
        assertNull(read(header(1, 5, 0, 60, 20, 6), UDP, packet));
        assertEquals(2, packet.segments());
    }

    @Test
    void superFrameOfOneSegmentIsASinglePacket() {
        Packet packet = new Packet();
        assertNull(read(header(1, 1, 40, 100, 20, 16), TCP, packet));
        assertEquals(Packet.GSO_NONE, packet.gsoType);
        assertEquals(0, packet.gsoSize);
        assertTrue(packet.needsChecksum);
    }

    @Test
    void singlePacketsAreRead() {
        Packet packet = new Packet();
        assertNull(read(header(0, 0, 0, 0, 0, 0), TCP, packet));
        assertFalse(packet.needsChecksum || packet.checksumValid);
        assertNull(read(header(2, 0, 0, 0, 0, 0), TCP, packet));
        assertTrue(packet.checksumValid);
        assertNull(read(header(1, 0, 0, 0, 20, 6), UDP, packet));
        assertTrue(packet.needsChecksum);
    }

    /** flags, type, size, start, offset; on the TCP packet of 140 bytes. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 0, 20, 16, BAD_RECEIVE_METADATA", // would loop for ever
        "0, 1, 30, 20, 16, BAD_RECEIVE_METADATA", // no partial checksum
        "1, 3, 30, 20, 6, BAD_RECEIVE_METADATA", // UFO was never asked for
        "1, 2, 30, 20, 16, BAD_RECEIVE_METADATA",
        "1, 127, 30, 20, 16, BAD_RECEIVE_METADATA",
        "1, 1, 30, 139, 16, BAD_RECEIVE_METADATA", // behind the end
        "1, 1, 30, 65535, 65535, BAD_RECEIVE_METADATA",
        "1, 1, 30, 120, 16, BAD_RECEIVE_METADATA", // no TCP header there
        "1, 1, 30, 20, 6, BAD_RECEIVE_METADATA", // UDP's offset
        "1, 5, 30, 20, 16, BAD_RECEIVE_METADATA", // TCP's offset
        "1, 5, 30, 20, 6, BAD_SUPER_FRAME", // UDP's super-frame, TCP's packet
        "1, 4, 30, 20, 16, BAD_SUPER_FRAME", // IPv6's
        "1, 0, 0, 139, 0, BAD_RECEIVE_METADATA",
        "1, 0, 0, 0, 10, BAD_RECEIVE_METADATA", // IPv4 header's checksum
        "1, 0, 0, 20, 6, BAD_RECEIVE_METADATA",
    })
    void hostileHeadersAreRefused(
            int flags, int type, int size, int start, int offset, DropReason reason) {
        assertEquals(reason, read(header(flags, type, 0, size, start, offset), TCP, new Packet()));
    }

    @Test
    void whatIsWrittenIsReadBack() {
        byte[] cwr = TCP.clone();
        cwr[33] |= (byte) 0x80;
        try (NativeBytes memory = new NativeBytes(cwr);
                NativeBytes header = new NativeBytes(new byte[VirtioNetHeader.BYTES])) {
            Packet packet = memory.packet();
            assertNull(PacketParser.parse(packet));
            VirtioNetHeader.write(header.address(), packet);
            assertArrayEquals(new byte[10], header.bytes());
            packet.checksumValid = true;
            VirtioNetHeader.write(header.address(), packet);
            assertArrayEquals(header(2, 0, 0, 0, 0, 0), header.bytes());
            packet.checksumValid = false;
            packet.needsChecksum = true;
            packet.checksumStart = 20;
            packet.checksumOffset = 16;
            VirtioNetHeader.write(header.address(), packet);
            assertArrayEquals(header(1, 0, 0, 0, 20, 16), header.bytes());
            packet.gsoType = Packet.GSO_TCP4;
            packet.gsoSize = 0x1234;
            VirtioNetHeader.write(header.address(), packet);
            assertArrayEquals(header(1, 0x81, 40, 0x1234, 20, 16), header.bytes());
            VirtioNetHeader.writePlain(header.address());
            assertArrayEquals(new byte[10], header.bytes());
        }
    }

    /** Whatever the header says, nothing outside is read and cutting ends. */
    @Test
    void randomHeadersNeverReachOutside() {
        Random random = new Random(6);
        byte[][] seeds = {
            TCP, UDP, OraclePackets.tcp("fd00::1", "fd00::2", 1, 2, 3, true, new byte[100])
        };
        int[] interesting = {0, 1, 6, 16, 20, 40, 41, 60, 139, 140, 255};
        int superFrames = 0;
        for (int round = 0; round < 30_000; round++) {
            byte[] bytes = seeds[round % seeds.length].clone();
            if (random.nextBoolean()) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            if (random.nextInt(4) == 0) {
                bytes = Arrays.copyOf(bytes, random.nextInt(129));
            }
            byte[] header =
                    header(
                            random.nextInt(4) == 0 ? random.nextInt(256) : 1,
                            new int[] {0, 1, 4, 5, 0x81, 3}[random.nextInt(6)],
                            random.nextInt(65536),
                            random.nextInt(random.nextBoolean() ? 20 : 200),
                            interesting[random.nextInt(interesting.length)],
                            random.nextBoolean() ? 16 : 6);
            superFrames += cut(header, bytes);
        }
        assertTrue(superFrames > 100, "super-frames cut: " + superFrames);
    }

    private static int cut(byte[] header, byte[] bytes) {
        try (NativeBytes memory = new NativeBytes(bytes);
                NativeBytes headerMemory = new NativeBytes(header);
                NativeBytes out = new NativeBytes(new byte[bytes.length])) {
            Packet packet = memory.packet();
            if (VirtioNetHeader.read(headerMemory.address(), packet) != null
                    || PacketParser.parse(packet) != null) {
                return 0;
            }
            int count = Segmenter.segmentCount(packet);
            for (int index = 0; index < count; index++) {
                int length = Segmenter.writeSegment(packet, index, out.address());
                assertEquals(Segmenter.segmentLength(packet, index), length);
                assertTrue(length > 0 && length <= packet.length);
            }
            VirtioNetHeader.write(headerMemory.address(), packet);
            assertEquals(packet.gsoSize, Memory.getShortLittleEndian(headerMemory.address() + 4));
            return packet.gsoSize > 0 ? 1 : 0;
        }
    }
}
