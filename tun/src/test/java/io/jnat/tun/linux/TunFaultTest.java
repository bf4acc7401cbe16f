package io.jnat.tun.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.PacketTransmitter;
import io.jnat.core.engine.Receiver;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.PacketParser;
import io.jnat.tun.Offload;
import io.jnat.tun.TunDevice;
import io.jnat.tun.TunOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a TUN device does with refusals, and with a kernel that says nonsense. No root needed. */
final class TunFaultTest {
    private static final long SIOCGIFINDEX = 0x8933;
    private static final long TUNSETIFF = 0x400454caL;
    private static final long TUNSETOFFLOAD = 0x400454d0L;
    private static final int HEADER = 10;
    private static final int SEGMENT_BYTES = 1000;

    private final FakeKernel kernel = new FakeKernel();
    private final Burst burst = new Burst();
    private final List<TunDevice> opened = new ArrayList<>();

    @AfterEach
    void release() {
        opened.forEach(TunDevice::close);
        burst.release();
    }

    private TunDevice open(boolean offload) throws IOException {
        TunDevice device = LinuxTun.open(kernel, new TunOptions("jt0", 0, offload), 5);
        opened.add(device);
        kernel.written.clear(); // what was said to the kernel about the device
        return device;
    }

    /** A TCP/IPv4 packet of {@code payload} bytes, its checksum partial. */
    private static byte[] tcp(int payload) {
        ByteBuffer packet = ByteBuffer.allocate(40 + payload);
        packet.putShort((short) 0x4500).putShort((short) (40 + payload)).putInt(0x00014000);
        packet.putShort((short) 0x4006).putShort((short) 0);
        packet.putInt(0x0a000001).putInt(0x0a000002);
        packet.putShort((short) 1111).putShort((short) 80).putInt(7).putInt(0);
        packet.putShort((short) 0x5018).putShort((short) 512).putShort((short) 0x1234);
        packet.putShort((short) 0);
        for (int at = 0; at < payload; at++) {
            packet.put((byte) at);
        }
        int sum = 0;
        for (int at = 0; at < 20; at += 2) {
            sum += packet.getShort(at) & 0xffff;
        }
        packet.putShort(10, (short) ~(sum + (sum >>> 16)));
        return packet.array();
    }

    private static byte[] frame(int flags, int type, int size, int start, int offset, byte[] ip) {
        return ByteBuffer.allocate(HEADER + ip.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) flags)
                .put((byte) type)
                .putShort((short) 40)
                .putShort((short) size)
                .putShort((short) start)
                .putShort((short) offset)
                .put(ip)
                .array();
    }

    private static byte[] superFrame(int payload) {
        return frame(1, Packet.GSO_TCP4, SEGMENT_BYTES, 20, 16, tcp(payload));
    }

    private Packet receiveOne(TunDevice device, byte[] frame) {
        kernel.frames.clear();
        kernel.frames.add(frame);
        burst.reset(0);
        assertTrue(device.receive(burst, Receiver.ALL));
        return burst.packets[0];
    }

    private Packet receiveParsed(TunDevice device, byte[] frame) {
        Packet packet = receiveOne(device, frame);
        assertNull(packet.dropReason);
        assertNull(PacketParser.parse(packet));
        return packet;
    }

    private static boolean isSuperFrame(byte[] frame) {
        return frame[1] != 0;
    }

    /** Descriptors that nobody knows would keep the device, and its name. */
    @Test
    void whateverBreaksOffTheOpeningItsDescriptorsAreClosed() {
        kernel.requestRefusal = (request, argument) -> request == SIOCGIFINDEX ? Errno.ENODEV : 0;
        assertThrows(IOException.class, () -> open(true));
        assertTrue(kernel.devices > 1);
        for (int device = 1; device <= kernel.devices; device++) {
            assertEquals(1, Collections.frequency(kernel.closed, 100 * device));
        }
    }

    @Test
    void aRefusedSuperFrameIsWrittenAsItsSegments() throws IOException {
        TunDevice device = open(true);
        kernel.refusal = (frame, none) -> isSuperFrame(frame) ? Errno.EIO : 0;
        Packet packet = receiveParsed(device, superFrame(2500));
        assertNull(device.newTransmitter().transmit(packet));
        assertEquals(3, kernel.written.size());
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        for (byte[] written : kernel.written) {
            assertEquals(0, written[0], "segments have complete checksums");
            payload.write(written, HEADER + 40, written.length - HEADER - 40);
        }
        byte[] sent = tcp(2500);
        assertArrayEquals(Arrays.copyOfRange(sent, 40, sent.length), payload.toByteArray());
    }

    @Test
    void onlyTheSegmentsThatWereNotWrittenCountAsLost() throws IOException {
        TunDevice device = open(true);
        int[] segments = {0};
        kernel.refusal =
                (frame, none) -> isSuperFrame(frame) ? Errno.EIO : segments[0]++ == 1 ? 105 : 0;
        Packet packet = receiveParsed(device, superFrame(2500));
        assertEquals(DropReason.DEVICE_QUEUE_FULL, device.newTransmitter().transmit(packet));
        assertEquals(1, kernel.written.size());
        assertEquals(2, packet.segments());
    }

    @Test
    void superFramesThatAreAlwaysRefusedAreNotTriedAnyMoreAndStatusSaysSo() throws IOException {
        TunDevice device = open(true);
        kernel.refusal = (frame, none) -> isSuperFrame(frame) ? Errno.EINVAL : 0;
        PacketTransmitter transmitter = device.newTransmitter();
        for (int at = 0; at < LinuxTun.REFUSALS_UNTIL_OFF; at++) {
            assertTrue(tso(device).on());
            transmitter.transmit(receiveParsed(device, superFrame(2500)));
        }
        assertFalse(tso(device).on());
        assertTrue(tso(device).reason().contains("refused"), tso(device).reason());
        Packet packet = receiveParsed(device, superFrame(2500));
        kernel.calls = 0;
        assertNull(transmitter.transmit(packet));
        assertEquals(3, kernel.calls, "three segments, and no attempt before");
    }

    @Test
    void refusalsThatDoNotFollowEachOtherChangeNothing() throws IOException {
        TunDevice device = open(true);
        boolean[] refused = {false};
        kernel.refusal = (frame, none) -> isSuperFrame(frame) && refused[0] ? Errno.EINVAL : 0;
        PacketTransmitter transmitter = device.newTransmitter();
        for (int at = 0; at < 4 * LinuxTun.REFUSALS_UNTIL_OFF; at++) {
            refused[0] = at % 2 == 0;
            transmitter.transmit(receiveParsed(device, superFrame(2500)));
        }
        assertTrue(tso(device).on());
    }

    private static Offload tso(TunDevice device) {
        return offload(device, "tso");
    }

    private static Offload offload(TunDevice device, String name) {
        return device.offloads().stream()
                .filter(offload -> offload.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aDeviceThatIsDownIsNoReasonToGiveUpSuperFrames() throws IOException {
        TunDevice device = open(true);
        kernel.refusal = (frame, none) -> Errno.EIO;
        PacketTransmitter transmitter = device.newTransmitter();
        for (int at = 0; at < 10; at++) {
            Packet packet = receiveParsed(device, superFrame(2500));
            assertEquals(DropReason.DEVICE_DOWN, transmitter.transmit(packet));
        }
        assertTrue(tso(device).on());
    }

    @ParameterizedTest
    @CsvSource({
        "11, DEVICE_QUEUE_FULL",
        "105, DEVICE_QUEUE_FULL",
        "5, DEVICE_DOWN",
        "77, DEVICE_DOWN",
        "19, DEVICE_DOWN",
        "22, DEVICE_WRITE_FAILED"
    })
    void refusalsHaveTheirReason(int errno, DropReason reason) throws IOException {
        TunDevice device = open(true);
        kernel.refusal = (frame, none) -> errno;
        Packet packet = receiveParsed(device, frame(1, 0, 0, 20, 16, tcp(10)));
        assertEquals(reason, device.newTransmitter().transmit(packet));
    }

    @Test
    void interruptedCallsAreRepeated() throws IOException {
        TunDevice device = open(true);
        kernel.frames.add(new byte[] {Errno.EINTR});
        kernel.frames.add(frame(1, 0, 0, 20, 16, tcp(10)));
        assertTrue(device.receive(burst, Receiver.ALL));
        assertNull(PacketParser.parse(burst.packets[0]));
        int[] interruptions = {2};
        kernel.refusal = (frame, none) -> interruptions[0]-- > 0 ? Errno.EINTR : 0;
        assertNull(device.newTransmitter().transmit(burst.packets[0]));
        assertEquals(1, kernel.written.size());
    }

    @Test
    void withoutOffloadPacketsAreCutAndTheirChecksumsCompleted() throws IOException {
        TunDevice other = open(true);
        TunDevice device = open(false);
        PacketTransmitter transmitter = device.newTransmitter();
        assertNull(transmitter.transmit(receiveParsed(other, superFrame(2500))));
        assertEquals(3, kernel.written.size());
        assertEquals(1040, kernel.written.getFirst().length, "no header in front");
        kernel.written.clear();
        byte[] single = tcp(10);
        assertNull(transmitter.transmit(receiveParsed(other, frame(1, 0, 0, 20, 16, single))));
        byte[] written = kernel.written.getFirst();
        assertEquals(single.length, written.length);
        assertEquals(0xffff, sumWithPseudoHeader(written));
    }

    /** Sum over the TCP segment and what stood in its checksum field for the pseudo header. */
    private static int sumWithPseudoHeader(byte[] packet) {
        int sum = 0x1234;
        for (int at = 20; at + 1 < packet.length; at += 2) {
            sum += ByteBuffer.wrap(packet).getShort(at) & 0xffff;
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return sum;
    }

    @Test
    void aPassGathersSmallPacketsAndEndsWithALargeOne() throws IOException {
        TunDevice device = open(true);
        for (int at = 0; at < 3; at++) {
            kernel.frames.add(frame(0, 0, 0, 0, 0, tcp(100)));
        }
        kernel.frames.add(superFrame(2_000));
        kernel.frames.add(superFrame(20_000));
        kernel.frames.add(frame(0, 0, 0, 0, 0, tcp(100)));
        assertTrue(device.receive(burst, Receiver.ALL));
        assertEquals(5, burst.count);
        assertEquals(5, burst.packets[0].inLink);
        assertEquals(SEGMENT_BYTES, burst.packets[4].gsoSize);
        for (int at = 0; at < 100; at++) {
            kernel.frames.add(frame(0, 0, 0, 0, 0, tcp(100)));
        }
        burst.reset(0);
        assertTrue(device.receive(burst, Receiver.ALL));
        assertEquals(LinuxTun.MAX_PACKETS_PER_PASS, burst.count);
    }

    @Test
    void aPassIsBoundedInBytes() throws IOException {
        TunDevice device = open(true);
        for (int at = 0; at < 64; at++) {
            kernel.frames.add(frame(0, 0, 0, 0, 0, tcp(16_000)));
        }
        assertTrue(device.receive(burst, Receiver.ALL));
        assertTrue(burst.count >= 2 && burst.count <= 4, "count " + burst.count);
        for (int at = 0; at < burst.count; at++) {
            Packet packet = burst.packets[at];
            Memory.putLong(packet.address - Packet.HEADROOM_BYTES, 0);
            assertEquals(16_040, packet.length);
            assertEquals(0x45, Memory.getByte(packet.address));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 0, 20, 16", // segments of nothing
        "0, 1, 1000, 20, 16", // super-frame with a complete checksum
        "1, 3, 1000, 20, 16", // UFO, which nobody asked for
        "1, 9, 1000, 20, 16", // unknown kind
        "1, 1, 1000, 65000, 16", // checksum outside of the packet
        "1, 1, 1000, 20, 65000",
        "1, 1, 1000, 20, 6", // TCP, but UDP's checksum field
        "1, 1, 1, 20, 16", // thousands of segments
        "1, 0, 0, 2599, 0", // last byte only
    })
    void nonsenseInTheHeaderIsCountedAndDropped(int flags, int type, int size, int start, int at)
            throws IOException {
        TunDevice device = open(true);
        Packet packet = receiveOne(device, frame(flags, type, size, start, at, tcp(2560)));
        assertEquals(Packet.DROP, packet.verdict);
        assertEquals(DropReason.BAD_RECEIVE_METADATA, packet.dropReason);
    }

    @Test
    void framesShorterThanTheHeaderAreCountedAndDropped() throws IOException {
        TunDevice device = open(true);
        for (int length = 2; length <= HEADER; length++) {
            Packet packet = receiveOne(device, new byte[length]);
            assertEquals(DropReason.BAD_RECEIVE_METADATA, packet.dropReason);
        }
    }

    @Test
    void randomFramesNeverThrowAndWhatPassesCanBeWritten() throws IOException {
        TunDevice device = open(true);
        kernel.refusal = (frame, none) -> isSuperFrame(frame) ? Errno.EINVAL : 0;
        PacketTransmitter transmitter = device.newTransmitter();
        Random random = new Random(42);
        int passed = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] frame = superFrame(1 + random.nextInt(3000));
            int changes = random.nextInt(4);
            for (int at = 0; at < changes; at++) {
                frame[random.nextInt(HEADER + 40)] = (byte) random.nextInt();
            }
            int cut = random.nextInt(8) == 0 ? 2 + random.nextInt(frame.length - 2) : frame.length;
            Packet packet = receiveOne(device, Arrays.copyOf(frame, cut));
            kernel.written.clear();
            if (packet.dropReason == null && PacketParser.parse(packet) == null) {
                assertNull(transmitter.transmit(packet));
                passed++;
            }
        }
        assertTrue(passed > 1000, "passed " + passed);
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.EBADFD, Errno.ENODEV})
    void aDeviceThatWasRemovedIsKnownToBeGone(int errno) throws IOException {
        TunDevice device = open(true);
        assertFalse(device.isGone());
        kernel.frames.add(new byte[] {(byte) errno});
        assertFalse(device.receive(burst, Receiver.ALL));
        assertTrue(device.isGone());
    }

    @Test
    void offloadsThatTheKernelLacksAreLeftOutAndNamed() throws IOException {
        kernel.requestRefusal =
                (request, mask) -> request == TUNSETOFFLOAD && mask > 7 ? Errno.EINVAL : 0;
        TunDevice device = open(true);
        assertTrue(tso(device).on());
        Offload uso = device.offloads().getLast();
        assertEquals("uso", uso.name());
        assertFalse(uso.on());
        assertTrue(uso.reason().contains("EINVAL"), uso.reason());
    }

    @Test
    void aKernelThatGivesOneQueueOnlyIsReadFromThatOne() throws IOException {
        int[] attached = {0};
        kernel.requestRefusal =
                (request, argument) -> request == TUNSETIFF && attached[0]++ > 1 ? Errno.ENOMEM : 0;
        TunDevice device = open(true);
        kernel.frames.add(superFrame(2500));
        assertTrue(device.receive(burst, Receiver.ALL));
        assertNull(device.newTransmitter().transmit(receiveParsed(device, superFrame(2500))));
    }

    @Test
    void anOldDeviceOfOneQueueIsUsedAsItIs() throws IOException {
        int[] attached = {0};
        kernel.requestRefusal =
                (request, argument) -> request == TUNSETIFF && attached[0]++ == 0 ? Errno.EBUSY : 0;
        TunDevice device = open(true);
        assertEquals(2, attached[0], "asked for as several queues, then as one");
        assertFalse(offload(device, "queues").on());
        assertTrue(offload(device, "queues").reason().contains("wait behind transfers"));
        assertNull(device.newTransmitter().transmit(receiveParsed(device, superFrame(2500))));
    }

    @Test
    void withoutAnyOffloadTheDeviceStillWorks() throws IOException {
        kernel.requestRefusal =
                (request, mask) -> request == TUNSETOFFLOAD && mask != 0 ? Errno.EINVAL : 0;
        TunDevice device = open(true);
        List<String> on =
                device.offloads().stream().filter(Offload::on).map(Offload::name).toList();
        assertEquals(List.of("queues"), on);
        assertNull(device.newTransmitter().transmit(receiveParsed(device, superFrame(2500))));
    }

    @ParameterizedTest
    @CsvSource({
        "2, ENOENT (2), modprobe tun",
        "13, EACCES (13), root or CAP_NET_ADMIN",
        "21, EISDIR (21), mknod /dev/net/tun c 10 200",
        "23, ENFILE (23), fs.file-max",
        "24, EMFILE (24), ulimit -n"
    })
    void aMissingDriverIsExplained(int errno, String name, String advice) {
        kernel.openErrno = errno;
        IOException failure = assertThrows(IOException.class, () -> open(true));
        assertTrue(failure.getMessage().startsWith("/dev/net/tun: open: " + name));
        assertTrue(failure.getMessage().contains(advice), failure.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "1, EPERM (1), root or CAP_NET_ADMIN",
        "16, EBUSY (16), another process",
        "22, EINVAL (22), no TUN device",
        "25, ENOTTY (25), mknod /dev/net/tun c 10 200"
    })
    void aDeviceThatCannotBeHadIsExplained(int errno, String name, String advice) {
        kernel.requestRefusal = (request, argument) -> errno;
        IOException failure = assertThrows(IOException.class, () -> open(true));
        assertTrue(failure.getMessage().startsWith("jt0: TUNSETIFF: " + name));
        assertTrue(failure.getMessage().contains(advice), failure.getMessage());
    }
}
