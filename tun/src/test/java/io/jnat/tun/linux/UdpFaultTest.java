package io.jnat.tun.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.DatagramTransmitter;
import io.jnat.core.engine.Receiver;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.tun.SendFault;
import io.jnat.tun.SocketOptions;
import io.jnat.tun.UdpSockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the tunnel's sockets do with refusals and with a kernel that says nonsense. */
final class UdpFaultTest {
    private static final byte[] NAME = {2, 0, 0x10, 0x20, 10, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0};
    private static final byte[] NONE = {};
    private static final int MSG_CTRUNC = 8;
    private static final int MSG_TRUNC = 0x20;

    private final FakeKernel kernel = new FakeKernel();
    private final Burst burst = new Burst();
    private final DatagramBatch batch = new DatagramBatch();
    private final Endpoint to = new Endpoint();
    private UdpSockets sockets;
    private Receiver receiver;

    @BeforeEach
    void open() throws IOException {
        sockets = LinuxSockets.open(kernel, new SocketOptions(51_820, 0, true));
        receiver = sockets.receivers().getFirst();
        to.set(new InetSocketAddress("10.0.0.9", 4000));
    }

    @AfterEach
    void release() {
        sockets.close();
        burst.release();
        batch.release();
    }

    private static byte[] gro(int segmentBytes) {
        return control(17, 104, segmentBytes);
    }

    private static byte[] control(int level, int type, int value) {
        return ByteBuffer.allocate(24)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(20)
                .putInt(level)
                .putInt(type)
                .putInt(value)
                .array();
    }

    private void arrives(int bytes, byte[] control, int flags) {
        kernel.messages.add(new FakeKernel.Message(NAME, new byte[bytes], control, flags));
    }

    private boolean receive() {
        burst.reset(0);
        return receiver.receive(burst, Receiver.ALL);
    }

    private Packet only() {
        assertTrue(receive());
        assertEquals(1, burst.count);
        return burst.packets[0];
    }

    @Test
    void aTrainIsCutByTheSizeThatComesWithIt() {
        arrives(2500, gro(1000), 0);
        assertTrue(receive());
        assertEquals(3, burst.count);
        assertEquals(500, burst.packets[2].length);
        assertEquals(burst.packets[0].address + 2000, burst.packets[2].address);
        assertEquals(0x0a000007L, burst.packets[2].remote.low);
        assertEquals(0x1020, burst.packets[2].remote.port);
    }

    @Test
    void aSegmentSizeLargerThanTheMessageMeansOneDatagram() {
        arrives(900, gro(1000), 0);
        assertEquals(900, only().length);
    }

    @Test
    void aControlMessageThatEndsBehindTheOthersIsCountedAndDropped() {
        byte[] control = gro(1000);
        control[0] = 40;
        arrives(900, control, 0);
        assertEquals(DropReason.BAD_RECEIVE_METADATA, only().dropReason);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE, 1, 100})
    void absurdSegmentSizesAreCountedAndDropped(int segmentBytes) {
        arrives(60_000, gro(segmentBytes), 0);
        assertEquals(DropReason.BAD_RECEIVE_METADATA, only().dropReason);
        arrives(segmentBytes <= 0 ? 100 : 60_000, gro(segmentBytes), 0);
        assertEquals(DropReason.BAD_RECEIVE_METADATA, only().dropReason);
    }

    @Test
    void messagesThatWereCutOffAreCountedAndDropped() {
        arrives(100, NONE, MSG_TRUNC);
        assertEquals(DropReason.RECEIVE_TRUNCATED, only().dropReason);
        arrives(100, NONE, MSG_CTRUNC);
        assertEquals(DropReason.BAD_RECEIVE_METADATA, only().dropReason);
        kernel.messages.add(new FakeKernel.Message(NONE, new byte[100], NONE, 0));
        assertEquals(DropReason.BAD_RECEIVE_METADATA, only().dropReason);
    }

    @Test
    void anEmptyDatagramIsOneOfLengthZero() {
        arrives(0, NONE, 0);
        assertEquals(0, only().length);
    }

    @Test
    void errorsLeftInTheSocketDoNotHideWhatWaitsBehindThem() {
        kernel.receiveErrors.add(Errno.ECONNREFUSED);
        kernel.receiveErrors.add(Errno.EHOSTUNREACH);
        kernel.receiveErrors.add(Errno.EINTR);
        arrives(100, NONE, 0);
        assertEquals(100, only().length);
    }

    @Test
    void endlessErrorsDoNotHoldTheThread() {
        for (int at = 0; at < 1000; at++) {
            kernel.receiveErrors.add(Errno.ECONNREFUSED);
        }
        assertFalse(receive());
        assertTrue(kernel.calls < 20, "calls " + kernel.calls);
    }

    @Test
    void manySmallDatagramsAreMovedTogetherAndKeepTheirBytes() {
        for (int at = 0; at < 100; at++) {
            byte[] payload = new byte[200];
            payload[0] = (byte) at;
            payload[199] = (byte) ~at;
            byte[] name = NAME.clone();
            name[7] = (byte) at;
            kernel.messages.add(new FakeKernel.Message(name, payload, NONE, 0));
        }
        assertTrue(receive());
        assertTrue(burst.count >= 64, "count " + burst.count);
        for (int at = 0; at < burst.count; at++) {
            Packet packet = burst.packets[at];
            assertEquals(200, packet.length);
            assertEquals(at, Memory.getByte(packet.address));
            assertEquals(~at & 0xff, Memory.getByte(packet.address + 199));
            assertEquals(0x0a000000L + at, packet.remote.low);
            if (at > 0) {
                long before = burst.packets[at - 1].address + 200;
                assertTrue(packet.address - before >= Packet.HEADROOM_BYTES, "headroom");
            }
        }
    }

    @Test
    void tinySegmentsNeverOverflowTheBurst() {
        for (int at = 0; at < 20; at++) {
            arrives(128 * 40, gro(40), 0);
        }
        while (receive()) {
            assertTrue(burst.count <= Burst.MAX_RECEIVED_PACKETS, "count " + burst.count);
            assertEquals(0, burst.count % 128);
        }
        assertTrue(kernel.messages.isEmpty());
    }

    @Test
    void randomControlMessagesNeverThrowNorReadOutside() {
        Random random = new Random(3);
        for (int round = 0; round < 20_000; round++) {
            byte[] control = new byte[random.nextInt(MessageVector.CONTROL_BYTES + 1)];
            random.nextBytes(control);
            if (control.length >= 24 && random.nextBoolean()) {
                byte[] start = control(random.nextInt(50), random.nextInt(110), random.nextInt());
                start[0] = (byte) random.nextInt(64);
                System.arraycopy(start, 0, control, 0, 24);
            }
            arrives(random.nextInt(65_536), control, 0);
            assertTrue(receive());
            assertTrue(burst.count <= UdpReceiver.MAX_SEGMENTS);
        }
    }

    private void add(int count, int bytes) {
        for (int at = 0; at < count; at++) {
            Memory.zero(batch.next(), bytes);
            batch.add(bytes, to, 0, 1);
        }
    }

    private static boolean isSegmented(byte[] control) {
        return control.length >= 16 && ByteBuffer.wrap(control).get(8) == 17;
    }

    private DatagramTransmitter transmitter() {
        return sockets.newTransmitter(peer -> {
            throw new AssertionError("source refused");
        });
    }

    @Test
    void segmentationThatADeviceRefusesIsTurnedOffAndStatusSaysSo() {
        kernel.refusal = (bytes, control) -> isSegmented(control) ? Errno.EIO : 0;
        DatagramTransmitter transmitter = transmitter();
        add(10, 500);
        assertEquals(0, transmitter.transmit(batch));
        assertEquals(10, kernel.written.size());
        assertEquals(1, sockets.faults(SendFault.SEGMENTATION_REFUSED));
        assertFalse(sockets.offloads().getFirst().on());
        assertTrue(sockets.offloads().getFirst().reason().contains("EIO"));
        add(10, 500);
        assertEquals(0, transmitter.transmit(batch));
        assertEquals(20, kernel.written.size());
        assertEquals(1, sockets.faults(SendFault.SEGMENTATION_REFUSED));
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.EINVAL, Errno.EMSGSIZE})
    void segmentationThatAPathRefusesIsTriedAgainLater(int errno) {
        DatagramTransmitter transmitter = transmitter();
        kernel.refusal = (bytes, control) -> isSegmented(control) ? errno : 0;
        add(2, 500);
        assertEquals(0, transmitter.transmit(batch));
        kernel.refusal = (bytes, control) -> 0;
        kernel.written.clear();
        int runs = 0;
        while (kernel.written.size() == 2L * runs && runs <= UdpFamily.PAUSE_RUNS) {
            add(2, 500);
            transmitter.transmit(batch);
            runs++;
        }
        assertEquals(UdpFamily.PAUSE_RUNS + 1, runs);
        assertTrue(sockets.offloads().getFirst().on());
    }

    /** Older kernels answer so to segments that are larger than the path's MTU. */
    @Test
    @Tag("W27")
    void aPathThatRefusesSegmentsDoesNotCostTheSourceAddress() {
        kernel.refusal = (bytes, control) -> isSegmented(control) ? Errno.EINVAL : 0;
        to.localLow = 0x0a000002L;
        add(10, 500);
        assertEquals(0, transmitter().transmit(batch));
        assertEquals(10, kernel.written.size());
        assertEquals(0, sockets.faults(SendFault.SOURCE_REFUSED));
        assertEquals(1, sockets.faults(SendFault.SEGMENTATION_REFUSED));
        for (byte[] control : kernel.controls) {
            assertEquals(2, control[23], "its source");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.EINVAL, Errno.ENETUNREACH, Errno.EADDRNOTAVAIL, Errno.ENODEV})
    @Tag("W27")
    void aSourceThatIsRefusedIsForgottenAndTheRunStaysWhole(int errno) {
        kernel.refusal = (bytes, control) -> hasSource(control) ? errno : 0;
        to.localLow = 0x0a000002L;
        add(10, 500);
        int[] forgotten = new int[1];
        assertEquals(0, sockets.newTransmitter(peer -> forgotten[0] += peer).transmit(batch));
        assertEquals(1, kernel.written.size());
        assertEquals(1, forgotten[0]);
        assertEquals(1, sockets.faults(SendFault.SOURCE_REFUSED));
        assertEquals(0, sockets.faults(SendFault.SEGMENTATION_REFUSED));
    }

    /** Of other sources it would bind the reply to the wire that was asked by. */
    @Test
    @Tag("W27")
    @Tag("W28")
    void onlyALinkLocalSourceIsSentFromByItsInterface() {
        to.set(new InetSocketAddress("2001:db8::1", 4000));
        to.localInterface = 3;
        for (long high : new long[] {0x20010db800000000L, 0xfe80_0000_0000_0000L}) {
            to.localHigh = high;
            add(1, 100);
            assertEquals(0, transmitter().transmit(batch));
        }
        assertEquals(0, interfaceOf(kernel.controls.get(0)));
        assertEquals(3, interfaceOf(kernel.controls.get(1)));
    }

    /** Of {@code struct in6_pktinfo}, behind the header of the control message. */
    private static int interfaceOf(byte[] control) {
        return ByteBuffer.wrap(control).order(ByteOrder.LITTLE_ENDIAN).getInt(16 + 16);
    }

    private static boolean hasSource(byte[] control) {
        int at = isSegmented(control) ? 24 : 0;
        return control.length > at + 8 && control[at + 8] == 0 && control[at + 12] == 8;
    }

    @Test
    void oneRefusedRunDoesNotHoldUpTheOthers() {
        kernel.refusal = (bytes, control) -> bytes.length == 300 ? Errno.EPERM : 0;
        add(1, 200);
        add(1, 300);
        add(1, 400);
        assertEquals(3, batch.runs);
        assertEquals(1, transmitter().transmit(batch));
        assertEquals(2, kernel.written.size());
        assertEquals(1, sockets.faults(SendFault.FORBIDDEN));
    }

    @Test
    void lossesAreCountedByKind() {
        DatagramTransmitter transmitter = transmitter();
        int[] errnos = {
            Errno.EAGAIN, Errno.ENOBUFS, Errno.EMSGSIZE, Errno.ENETUNREACH, Errno.EBADF
        };
        for (int errno : errnos) {
            kernel.refusal = (bytes, control) -> errno;
            add(1, 100);
            assertEquals(1, transmitter.transmit(batch));
        }
        assertEquals(2, sockets.faults(SendFault.QUEUE_FULL));
        assertEquals(1, sockets.faults(SendFault.TOO_BIG));
        assertEquals(1, sockets.faults(SendFault.UNREACHABLE));
        assertEquals(1, sockets.faults(SendFault.OTHER));
    }

    @Test
    void moreRunsThanOneCallTakesAreAllSentInOrder() {
        for (int at = 0; at < 300; at++) {
            add(1, 100 + at);
        }
        assertEquals(300, batch.runs);
        assertEquals(0, transmitter().transmit(batch));
        assertEquals(300, kernel.written.size());
        for (int at = 0; at < 300; at++) {
            assertEquals(100 + at, kernel.written.get(at).length);
        }
        assertEquals(5, kernel.calls);
    }

    @Test
    void eachDatagramIsSentByTheSocketOfItsFamily() {
        Endpoint six = new Endpoint();
        six.set(new InetSocketAddress("2001:db8::1", 4000));
        for (int at = 0; at < 6; at++) {
            Memory.zero(batch.next(), 100);
            batch.add(100, at % 3 == 2 ? six : to, 0, 1);
        }
        assertEquals(0, transmitter().transmit(batch));
        int four = sockets.receivers().getFirst().fileDescriptors()[0];
        int other = sockets.receivers().getLast().fileDescriptors()[0];
        assertEquals(List.of(four, other, four, other), kernel.senders);
    }

    @Test
    void aCallThatASignalInterruptsIsMadeAgain() {
        for (int runs = 1; runs <= 2; runs++) {
            int[] interruptions = {0};
            kernel.refusal = (bytes, control) -> interruptions[0]++ == 0 ? Errno.EINTR : 0;
            kernel.written.clear();
            add(1, 100);
            if (runs == 2) {
                add(1, 101);
            }
            assertEquals(0, transmitter().transmit(batch));
            assertEquals(runs, kernel.written.size());
        }
    }

    @Test
    @Tag("W28")
    void withoutIpv6TheTunnelWorksWithIpv4Alone() throws IOException {
        kernel.socketErrno6 = Errno.EAFNOSUPPORT;
        try (UdpSockets four = LinuxSockets.open(kernel, new SocketOptions(51_820, 0, true))) {
            assertEquals(1, four.receivers().size());
            Endpoint six = new Endpoint();
            six.set(new InetSocketAddress("2001:db8::1", 4000));
            assertFalse(four.send(new byte[10], six, 0));
            assertEquals(1, four.faults(SendFault.UNREACHABLE));
            assertTrue(four.send(new byte[10], to, 0));
        }
    }
}
