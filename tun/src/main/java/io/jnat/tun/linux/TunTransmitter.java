package io.jnat.tun.linux;

import io.jnat.core.engine.PacketTransmitter;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import org.jspecify.annotations.Nullable;

/** Writes to a TUN device. Owner: one engine thread; several transmitters may share a device. */
final class TunTransmitter implements PacketTransmitter {
    private final LinuxTun device;

    TunTransmitter(LinuxTun device) {
        this.device = device;
    }

    @Override
    public @Nullable DropReason transmit(Packet packet) {
        int headerBytes = device.headerBytes();
        if (headerBytes != 0) {
            VnetHeader.write(packet);
        }
        int errno = device.write(packet.address - headerBytes, packet.length + headerBytes);
        return errno == 0 ? null : reason(errno);
    }

    static DropReason reason(int errno) {
        return switch (errno) {
            case Errno.EAGAIN, Errno.ENOBUFS, Errno.ENOMEM -> DropReason.DEVICE_QUEUE_FULL;
            // EIO is what a TUN device that is not up answers
            case Errno.EBADFD, Errno.ENODEV, Errno.EBADF, Errno.EIO -> DropReason.DEVICE_DOWN;
            default -> DropReason.DEVICE_WRITE_FAILED;
        };
    }
}
