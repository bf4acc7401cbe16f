package io.jnat.tun.linux;

import io.jnat.core.engine.PacketTransmitter;
import io.jnat.core.offload.Segmenter;
import io.jnat.core.offload.VirtioNetHeader;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.core.stat.DropReason;
import org.jspecify.annotations.Nullable;

/**
 * Writes parsed packets to a TUN device: a super-frame in one call where the kernel takes it, else
 * cut to what it stands for.
 *
 * <p>Owner: one engine thread; several transmitters may share a device, because a write is atomic
 * and what is written lies in the packet's own memory or in the transmitter's. Allocates nothing.
 */
final class TunTransmitter implements PacketTransmitter {
    private static final int SEGMENT_OFFSET = 64;

    private final LinuxTun device;
    private final Slab scratch = Slab.allocate(SEGMENT_OFFSET + LinuxTun.MAX_FRAME_BYTES);
    private final long segment = scratch.address() + SEGMENT_OFFSET;

    TunTransmitter(LinuxTun device) {
        this.device = device;
    }

    @Override
    public @Nullable DropReason transmit(Packet packet) {
        boolean superFrame = packet.gsoSize != 0;
        if (superFrame && !device.takesSuperFrames(packet.gsoType)) {
            return reason(writeSegments(packet));
        }
        int headerBytes = device.headerBytes();
        if (headerBytes == 0) {
            Segmenter.finishChecksum(packet);
        } else {
            VirtioNetHeader.write(packet.address - headerBytes, packet);
        }
        int errno = device.write(packet.address - headerBytes, packet.length + headerBytes);
        if (superFrame) {
            // EIO is also what a device that is not up answers: the segments will tell
            boolean refused = errno == Errno.EIO || errno == Errno.EINVAL;
            if (refused) {
                errno = writeSegments(packet);
            }
            if (errno == 0) {
                device.noteSuperFrame(packet.gsoType, refused);
            }
        }
        return reason(errno);
    }

    /** Returns 0 when all were taken, else the errno of the one that was not; then it stops. */
    private int writeSegments(Packet packet) {
        int headerBytes = device.headerBytes();
        if (headerBytes != 0) {
            VirtioNetHeader.writePlain(segment - headerBytes);
        }
        int count = Segmenter.segmentCount(packet);
        for (int at = 0; at < count; at++) {
            int bytes = Segmenter.writeSegment(packet, at, segment);
            int errno = device.write(segment - headerBytes, bytes + headerBytes);
            if (errno != 0) {
                packet.length -= at * packet.gsoSize; // the others were taken
                return errno;
            }
        }
        return 0;
    }

    private static @Nullable DropReason reason(int errno) {
        return switch (errno) {
            case 0 -> null;
            case Errno.EAGAIN, Errno.ENOBUFS, Errno.ENOMEM -> DropReason.DEVICE_QUEUE_FULL;
            case Errno.EBADFD, Errno.ENODEV, Errno.EBADF, Errno.EIO -> DropReason.DEVICE_DOWN;
            default -> DropReason.DEVICE_WRITE_FAILED;
        };
    }

    void release() {
        scratch.close();
    }
}
