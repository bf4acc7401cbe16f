package io.jnat.tun.linux;

import io.jnat.core.engine.PacketTransmitter;
import io.jnat.core.offload.VirtioNetHeader;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.tun.Offload;
import io.jnat.tun.TunDevice;
import io.jnat.tun.TunOptions;
import io.jnat.tun.TunState;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A TUN device, opened by {@link TunOpener}. With offloads every packet has a {@link
 * VirtioNetHeader} in front; without, packets go as they are.
 */
final class LinuxTun implements TunDevice {
    /** The largest IP packet and its header. */
    static final int MAX_FRAME_BYTES = 65_536 + VirtioNetHeader.BYTES;

    /** Small packets gathered in one pass. */
    static final int MAX_PACKETS_PER_PASS = 64;

    /** A pass ends when it has gathered this much, so that one direction can't starve the other. */
    static final int MAX_BYTES_PER_PASS = 60_000;

    /** What is as large as this is sent on at once; smaller super-frames are gathered. */
    private static final int SUPER_FRAME_BYTES = 16 * 1024;

    private static final int ALIGNMENT = 64;

    /** How often in a row super-frames of a kind are refused until no more are tried. */
    static final int REFUSALS_UNTIL_OFF = 4;

    private static final String ONE_QUEUE =
            "it has one only, so calls wait behind transfers in it; a device that was made before"
                    + " jnat started is used as it is: delete it, and jnat makes its own";

    private final Kernel kernel;
    private final TunQueues queues;
    private final int interfaceIndex;
    private final int link;
    private final TunFeatures features;
    private final int headerBytes;
    private final List<TunTransmitter> transmitters = new CopyOnWriteArrayList<>();

    private final TunPlace place;

    private volatile int tcpRefusals;
    private volatile int udpRefusals;

    LinuxTun(
            Kernel kernel,
            TunQueues queues,
            InterfaceControl control,
            String name,
            int link,
            TunFeatures features)
            throws IOException {
        this.kernel = kernel;
        this.queues = queues;
        place = new TunPlace(kernel, queues.first(), control, name);
        this.link = link;
        this.features = features;
        headerBytes = features.vnetHeader() ? VirtioNetHeader.BYTES : 0;
        interfaceIndex = control.index(name);
    }

    static LinuxTun open(Kernel kernel, TunOptions options, int link) throws IOException {
        return TunOpener.open(kernel, options, link);
    }

    @Override
    public int[] fileDescriptors() {
        return queues.descriptors();
    }

    @Override
    public boolean receive(Burst burst, long readable) {
        long start = burst.in.address() + ALIGNMENT;
        long end = burst.in.address() + burst.in.bytes();
        long at = start;
        queues.begin(readable);
        int queue = queues.next();
        while (queue >= 0
                && burst.count < MAX_PACKETS_PER_PASS
                && at - start < MAX_BYTES_PER_PASS
                && at - headerBytes + MAX_FRAME_BYTES <= end) {
            long bytes = kernel.read(queue, at - headerBytes, MAX_FRAME_BYTES);
            if (bytes >= 0) {
                int length = (int) bytes - headerBytes;
                queues.gave(length >= SUPER_FRAME_BYTES);
                if (!take(burst, at, length)) {
                    break;
                }
                at = (at + Math.max(0, length) + 2 * ALIGNMENT - 1) & -ALIGNMENT;
            } else if (kernel.errno() != Errno.EINTR) {
                noteReadFailure(kernel.errno());
                queues.empty();
            }
            queue = queues.next();
        }
        return burst.count > 0;
    }

    private void noteReadFailure(int errno) {
        if (errno == Errno.EBADFD || errno == Errno.ENODEV) {
            place.noteGone();
        }
    }

    /** Adds what was read to the burst; returns whether the pass goes on. */
    private boolean take(Burst burst, long address, int length) {
        Packet packet = burst.append(address, Math.max(0, length));
        if (packet == null) {
            return false;
        }
        packet.inLink = link;
        if (length <= 0) {
            packet.drop(DropReason.BAD_RECEIVE_METADATA);
            return true;
        }
        if (headerBytes != 0) {
            DropReason wrong = VirtioNetHeader.read(address - headerBytes, packet);
            if (wrong != null) {
                packet.drop(wrong);
            } else if (packet.gsoSize != 0
                    && packet.gsoSize * DatagramBatch.MAX_DATAGRAMS < length) {
                packet.drop(DropReason.BAD_RECEIVE_METADATA); // more segments than any batch takes
            }
        }
        return length < SUPER_FRAME_BYTES;
    }

    /** Writes {@code bytes} bytes, the vnet header included; returns 0 or the errno. Any thread. */
    int write(long address, int bytes) {
        while (kernel.write(queues.writer(), address, bytes) < 0) {
            int errno = kernel.errno();
            if (errno != Errno.EINTR) {
                return errno;
            }
        }
        return 0;
    }

    /** 10 when each packet has a {@link VirtioNetHeader} in front, else 0. */
    int headerBytes() {
        return headerBytes;
    }

    /** Whether super-frames of a kind are still worth trying. */
    boolean takesSuperFrames(int gsoType) {
        return gsoType == Packet.GSO_UDP
                ? features.uso() && udpRefusals < REFUSALS_UNTIL_OFF
                : features.vnetHeader() && tcpRefusals < REFUSALS_UNTIL_OFF;
    }

    /** Notes how a super-frame fared. A lost update among threads only delays the switch. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // approximate on purpose
    void noteSuperFrame(int gsoType, boolean refused) {
        if (gsoType == Packet.GSO_UDP) {
            if (refused || (udpRefusals != 0 && udpRefusals < REFUSALS_UNTIL_OFF)) {
                udpRefusals = refused ? udpRefusals + 1 : 0;
            }
        } else if (refused || (tcpRefusals != 0 && tcpRefusals < REFUSALS_UNTIL_OFF)) {
            tcpRefusals = refused ? tcpRefusals + 1 : 0;
        }
    }

    @Override
    public PacketTransmitter newTransmitter() {
        TunTransmitter transmitter = new TunTransmitter(this);
        transmitters.add(transmitter);
        return transmitter;
    }

    @Override
    public String name() {
        return place.name();
    }

    @Override
    public int interfaceIndex() {
        return interfaceIndex;
    }

    @Override
    public int mtu() throws IOException {
        return place.ask(InterfaceControl::mtu);
    }

    @Override
    public void up() throws IOException {
        place.ask((interfaces, device) -> {
            interfaces.up(device);
            return true;
        });
    }

    @Override
    public boolean isUp() throws IOException {
        return place.ask(InterfaceControl::isUp);
    }

    @Override
    public TunState state() {
        return place.state();
    }

    @Override
    public void awaitChange(long nanos) throws InterruptedException {
        place.awaitChange(nanos);
    }

    @Override
    public boolean isGone() {
        return place.isGone();
    }

    @Override
    public List<Offload> offloads() {
        return List.of(
                new Offload("checksum", features.checksum(), features.reason()),
                new Offload("queues", queues.count() > 1, queues.count() > 1 ? "" : ONE_QUEUE),
                offload("tso", features.tso(), tcpRefusals),
                offload("uso", features.uso(), udpRefusals));
    }

    private Offload offload(String what, boolean granted, int refusals) {
        if (!granted) {
            return new Offload(what, false, features.reason());
        }
        boolean on = refusals < REFUSALS_UNTIL_OFF;
        return new Offload(what, on, on ? "" : "the kernel refused super-frames while running");
    }

    @Override
    public synchronized void close() {
        place.close();
        queues.close();
        transmitters.forEach(TunTransmitter::release);
    }

    @Override
    public String toString() {
        return place.name();
    }
}
