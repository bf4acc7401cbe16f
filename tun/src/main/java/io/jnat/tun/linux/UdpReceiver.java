package io.jnat.tun.linux;

import static io.jnat.tun.linux.SocketConstants.IPV6_PKTINFO;
import static io.jnat.tun.linux.SocketConstants.IPV6_TCLASS;
import static io.jnat.tun.linux.SocketConstants.IP_PKTINFO;
import static io.jnat.tun.linux.SocketConstants.IP_TOS;
import static io.jnat.tun.linux.SocketConstants.MSG_CTRUNC;
import static io.jnat.tun.linux.SocketConstants.MSG_DONTWAIT;
import static io.jnat.tun.linux.SocketConstants.MSG_TRUNC;
import static io.jnat.tun.linux.SocketConstants.SOL_IP;
import static io.jnat.tun.linux.SocketConstants.SOL_IPV6;
import static io.jnat.tun.linux.SocketConstants.SOL_UDP;
import static io.jnat.tun.linux.SocketConstants.UDP_GRO;

import io.jnat.core.engine.Receiver;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import org.jspecify.annotations.Nullable;

/**
 * Receives from one of the tunnel's sockets. Each message may be a train of datagrams that the
 * kernel gathered (UDP_GRO); the train is cut by the size that comes with it.
 *
 * <p>A message needs room for 65,535 bytes beforehand, whatever comes. So small ones are moved
 * together before the next call, and large ones end the pass where they are.
 *
 * <p>Owner: the engine thread that has the receiver at the time. Allocates nothing.
 */
final class UdpReceiver implements Receiver {
    /** Room for one message: headroom, and the largest datagram. */
    static final int SLOT_BYTES = 64 + 65_536;

    private static final int SLOT_HEADROOM_BYTES = 64;
    private static final int MAX_DATAGRAM_BYTES = 65_535;
    private static final int MESSAGES_PER_CALL = 3;

    /** Most segments of one train that Linux makes (UDP_MAX_SEGMENTS, 64 in older kernels). */
    static final int MAX_SEGMENTS = 128;

    private static final int ENOUGH_BYTES = 64 * 1024;
    private static final int ENOUGH_DATAGRAMS = 64;
    private static final int MAX_ERRORS_PER_PASS = 8;

    private final Kernel kernel;
    private final int fd;
    private final boolean v6;
    private final MessageVector vector = new MessageVector(MESSAGES_PER_CALL);
    private final int[] firstPacket = new int[MESSAGES_PER_CALL + 1];

    /** Segment size that came with the message last looked at; -1 when there was none. */
    private int groBytes;

    UdpReceiver(Kernel kernel, int fd, boolean v6) {
        this.kernel = kernel;
        this.fd = fd;
        this.v6 = v6;
    }

    @Override
    public int[] fileDescriptors() {
        return new int[] {fd};
    }

    @Override
    public boolean receive(Burst burst, long readable) {
        burst.sealed = true;
        long cursor = burst.in.address();
        long end = cursor + burst.in.bytes();
        int endpoints = 0;
        int bytes = 0;
        int failures = 0;
        while (failures < MAX_ERRORS_PER_PASS) {
            int most = room(burst, end - cursor, endpoints);
            if (most == 0) {
                break;
            }
            for (int at = 0; at < most; at++) {
                vector.expect(at, slot(cursor, at), MAX_DATAGRAM_BYTES);
            }
            int count = kernel.recvmmsg(fd, vector.message(0), most, MSG_DONTWAIT);
            if (count <= 0) {
                if (count == 0 || !isPassing(kernel.errno())) {
                    break;
                }
                failures++;
                continue;
            }
            for (int at = 0; at < count; at++) {
                firstPacket[at] = burst.count;
                bytes += take(burst, at, slot(cursor, at), burst.endpoints[endpoints++]);
            }
            firstPacket[count] = burst.count;
            if (count < most || bytes >= ENOUGH_BYTES || burst.count >= ENOUGH_DATAGRAMS) {
                break;
            }
            cursor = gather(burst, cursor, count);
        }
        return burst.count > 0;
    }

    /** How many messages the next call may bring, so that all of their datagrams find room. */
    private static int room(Burst burst, long freeBytes, int endpoints) {
        int slots = (int) (freeBytes / SLOT_BYTES);
        int descriptors = (Burst.MAX_RECEIVED_PACKETS - burst.count) / MAX_SEGMENTS;
        return Math.min(
                Math.min(MESSAGES_PER_CALL, slots),
                Math.min(descriptors, Burst.MAX_ENDPOINTS - endpoints));
    }

    private static long slot(long cursor, int at) {
        return cursor + (long) at * SLOT_BYTES + SLOT_HEADROOM_BYTES;
    }

    /**
     * Whether it is worth asking again: an error that an ICMP message or a change of the network
     * left in the socket is reported once, and says nothing about what waits behind it.
     */
    private static boolean isPassing(int errno) {
        return errno != Errno.EAGAIN && errno != Errno.EBADF && errno != Errno.ENOTSOCK;
    }

    /** Adds a message's datagrams to the burst; returns its bytes. */
    private int take(Burst burst, int at, long address, Endpoint from) {
        int bytes = Math.clamp(vector.received(at), 0, MAX_DATAGRAM_BYTES);
        DropReason wrong = null;
        if (!SocketAddress.read(vector.name(at), vector.nameLength(at), v6, from)) {
            wrong = DropReason.BAD_RECEIVE_METADATA;
        }
        groBytes = -1;
        int tos = readControl(at, from);
        int flags = vector.flags(at);
        if ((flags & MSG_TRUNC) != 0) {
            wrong = DropReason.RECEIVE_TRUNCATED;
        } else if ((flags & MSG_CTRUNC) != 0 || tos < 0) {
            wrong = DropReason.BAD_RECEIVE_METADATA;
        }
        int segment = groBytes < 0 ? bytes : groBytes;
        if ((bytes - 1) / Math.max(1, segment) >= MAX_SEGMENTS) {
            wrong = DropReason.BAD_RECEIVE_METADATA;
        }
        if (wrong != null || bytes == 0) {
            append(burst, address, bytes, from, Math.max(0, tos), wrong);
            return bytes;
        }
        for (int offset = 0; offset < bytes; offset += segment) {
            append(burst, address + offset, Math.min(segment, bytes - offset), from, tos, null);
        }
        return bytes;
    }

    private static void append(
            Burst burst,
            long address,
            int bytes,
            Endpoint from,
            int tos,
            @Nullable DropReason wrong) {
        Packet packet = burst.append(address, bytes);
        if (packet == null) {
            return;
        }
        packet.remote = from;
        packet.outerTos = tos;
        if (wrong != null) {
            packet.drop(wrong);
        }
    }

    /** Reads the control messages; returns the TOS byte, or -1 when they make no sense. */
    private int readControl(int at, Endpoint from) {
        long length = Math.clamp(vector.controlLength(at), 0, MessageVector.CONTROL_BYTES);
        long control = vector.control(at);
        int tos = 0;
        long offset = 0;
        while (offset + MessageVector.CONTROL_HEADER_BYTES <= length) {
            long header = control + offset;
            long size = Memory.getLongLittleEndian(header);
            if (size < MessageVector.CONTROL_HEADER_BYTES || size > length - offset) {
                return -1;
            }
            int level = Memory.getIntLittleEndian(header + 8);
            int type = Memory.getIntLittleEndian(header + 12);
            long data = header + MessageVector.CONTROL_HEADER_BYTES;
            int dataBytes = (int) size - MessageVector.CONTROL_HEADER_BYTES;
            if (level == SOL_UDP && type == UDP_GRO && dataBytes >= Integer.BYTES) {
                groBytes = Memory.getIntLittleEndian(data);
                if (groBytes <= 0) {
                    return -1;
                }
            } else if (level == SOL_IP && type == IP_TOS && dataBytes >= 1) {
                tos = Memory.getByte(data);
            } else if (level == SOL_IPV6 && type == IPV6_TCLASS && dataBytes >= Integer.BYTES) {
                tos = Memory.getIntLittleEndian(data) & 0xff;
            } else if (level == SOL_IP && type == IP_PKTINFO && dataBytes >= 12) {
                from.localInterface = Memory.getIntLittleEndian(data);
                from.localLow = Memory.getUnsignedInt(data + 4);
            } else if (level == SOL_IPV6 && type == IPV6_PKTINFO && dataBytes >= 20) {
                from.localHigh = Memory.getLong(data);
                from.localLow = Memory.getLong(data + 8);
                from.localInterface = Memory.getIntLittleEndian(data + 16);
            }
            offset += (size + 7) & -8;
        }
        return tos;
    }

    /**
     * Moves the messages of a call together, the first one staying where it is; returns where the
     * next slot may start.
     */
    private long gather(Burst burst, long cursor, int count) {
        long free = align(slot(cursor, 0) + vector.received(0));
        for (int at = 1; at < count; at++) {
            long from = slot(cursor, at);
            long to = free + SLOT_HEADROOM_BYTES;
            int bytes = vector.received(at);
            Memory.copy(from, to, bytes);
            for (int packet = firstPacket[at]; packet < firstPacket[at + 1]; packet++) {
                burst.packets[packet].address -= from - to;
            }
            free = align(to + bytes);
        }
        return free;
    }

    private static long align(long address) {
        return (address + 63) & -64;
    }

    void release() {
        vector.release();
    }
}
