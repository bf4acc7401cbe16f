package io.jnat.tun.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.Receiver;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.PacketParser;
import io.jnat.tun.SocketOptions;
import io.jnat.tun.TunDevice;
import io.jnat.tun.TunOptions;
import io.jnat.tun.UdpSockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a burst costs in system calls: a deterministic figure, as the time that they take is not.
 * Waiting for a device or socket (epoll) is not counted: it is once a burst at most.
 */
final class SystemCallsTest {
    private static final int HEADER = 10;
    private static final int SEGMENTS = 44;
    private static final int SEGMENT_BYTES = 1380;
    private static final int SEALED_BYTES = 1452;
    private static final long FIRST_QUEUE = 1;
    private static final byte[] NAME = {2, 0, 0x10, 0x20, 10, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0};

    private final FakeKernel kernel = new FakeKernel();
    private final Burst burst = new Burst();
    private final DatagramBatch batch = new DatagramBatch();
    private TunDevice device;
    private UdpSockets sockets;

    @BeforeEach
    void open() throws IOException {
        device = LinuxTun.open(kernel, new TunOptions("jt0", 0, true), 0);
        sockets = LinuxSockets.open(kernel, new SocketOptions(51_820, 0, true));
        kernel.calls = 0;
        kernel.written.clear();
        burst.reset(0);
    }

    @AfterEach
    void release() {
        device.close();
        sockets.close();
        burst.release();
        batch.release();
    }

    /** A frame as the kernel gives it: a TCP super-frame, or a single UDP packet. */
    private static byte[] frame(boolean tcp, int payload) {
        int transport = tcp ? 20 : 8;
        ByteBuffer frame =
                ByteBuffer.allocate(HEADER + 20 + transport + payload)
                        .order(ByteOrder.LITTLE_ENDIAN);
        if (tcp) {
            frame.put((byte) 1).put((byte) Packet.GSO_TCP4).putShort((short) 40);
            frame.putShort((short) SEGMENT_BYTES).putShort((short) 20).putShort((short) 16);
        }
        frame.position(HEADER);
        frame.order(ByteOrder.BIG_ENDIAN);
        frame.putShort((short) 0x4500).putShort((short) (20 + transport + payload));
        frame.putInt(0x00004000).put((byte) 64).put((byte) (tcp ? 6 : 17)).putShort((short) 0);
        frame.putInt(0x0a000001).putInt(0x0a000002);
        int sum = 0;
        for (int at = HEADER; at < HEADER + 20; at += 2) {
            sum += frame.getShort(at) & 0xffff;
        }
        frame.putShort(HEADER + 10, (short) ~(sum + (sum >>> 16)));
        frame.putShort((short) 1111).putShort((short) 80);
        if (tcp) {
            frame.putLong(0).putShort((short) 0x5010).putShort((short) 512);
        } else {
            frame.putShort((short) (8 + payload));
        }
        return frame.array();
    }

    @Test
    void superFrameIsOneReadAndOneWrite() {
        kernel.frames.add(frame(true, SEGMENTS * SEGMENT_BYTES));
        kernel.frames.add(frame(true, SEGMENTS * SEGMENT_BYTES));
        assertTrue(device.receive(burst, FIRST_QUEUE));
        assertEquals(1, kernel.calls, "the next one is the next pass's");
        assertNull(PacketParser.parse(burst.packets[0]));
        assertEquals(SEGMENTS, burst.packets[0].segments());
        kernel.calls = 0;
        assertNull(device.newTransmitter().transmit(burst.packets[0]));
        assertEquals(1, kernel.calls);
        assertEquals(1, kernel.written.size());
    }

    /** The last read finds nothing: it saves a wait for what came meanwhile. */
    @ParameterizedTest
    @ValueSource(ints = {1, 20})
    void voiceFromTheDeviceIsOneReadAPacketAndOneMore(int packets) {
        for (int at = 0; at < packets; at++) {
            kernel.frames.add(frame(false, 172));
        }
        assertTrue(device.receive(burst, FIRST_QUEUE));
        assertEquals(packets, burst.count);
        assertEquals(packets + 1, kernel.calls);
    }

    @Test
    void sealedSuperFrameIsOneSend() throws IOException {
        send(SEGMENTS, SEALED_BYTES);
        assertEquals(1, kernel.calls);
        assertEquals(SEGMENTS * SEALED_BYTES, kernel.written.getFirst().length);
    }

    @Test
    void voicePacketIsOneSend() throws IOException {
        send(1, 232);
        assertEquals(1, kernel.calls);
    }

    private void send(int datagrams, int bytes) throws IOException {
        Endpoint to = new Endpoint();
        to.set(new InetSocketAddress(InetAddress.getByAddress(new byte[] {10, 0, 0, 9}), 4));
        for (int at = 0; at < datagrams; at++) {
            Memory.zero(batch.next(), bytes);
            batch.add(bytes, to, 0, 1);
        }
        assertEquals(0, sockets.newTransmitter(peer -> {}).transmit(batch));
    }

    @Test
    void receivedTrainIsOneCall() {
        byte[] segmentSize =
                ByteBuffer.allocate(24)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(20)
                        .putInt(17)
                        .putInt(104)
                        .putInt(SEALED_BYTES)
                        .array();
        kernel.messages.add(
                new FakeKernel.Message(NAME, new byte[SEGMENTS * SEALED_BYTES], segmentSize, 0));
        assertTrue(sockets.receivers().getFirst().receive(burst, Receiver.ALL));
        assertEquals(SEGMENTS, burst.count);
        assertEquals(1, kernel.calls);
    }

    @Test
    void voicePacketFromTheTunnelIsOneCallAndOneWrite() {
        kernel.messages.add(new FakeKernel.Message(NAME, new byte[232], new byte[0], 0));
        assertTrue(sockets.receivers().getFirst().receive(burst, Receiver.ALL));
        assertEquals(1, kernel.calls);
        kernel.frames.add(frame(false, 172));
        burst.reset(0);
        device.receive(burst, FIRST_QUEUE);
        assertNull(PacketParser.parse(burst.packets[0]));
        kernel.calls = 0;
        assertNull(device.newTransmitter().transmit(burst.packets[0]));
        assertEquals(1, kernel.calls);
    }
}
