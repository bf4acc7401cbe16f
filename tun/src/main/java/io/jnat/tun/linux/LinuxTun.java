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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

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

    private static final long TUNGETIFF = 0x800454d2L;
    private static final long TUNGETDEVNETNS = 0x54e3;
    private static final int ALIGNMENT = 64;

    /** How often in a row super-frames of a kind are refused until no more are tried. */
    static final int REFUSALS_UNTIL_OFF = 4;

    private final Kernel kernel;
    private final int fd;
    private final int interfaceIndex;
    private final int link;
    private final TunFeatures features;
    private final int headerBytes;
    private final List<TunTransmitter> transmitters = new CopyOnWriteArrayList<>();
    private final AtomicLong refusedSuperFrames = new AtomicLong();

    /** Guarded by this. */
    private InterfaceControl control;

    private volatile String name;

    /** Where {@link #control} is; empty before the first look. Guarded by this. */
    private String namespace = "";

    /** Owner: the thread that waits for changes. */
    private @Nullable LinkEvents events;

    /** Where {@link #events} listens. */
    private String eventsNamespace = "";

    private volatile boolean gone;
    private volatile int tcpRefusals;
    private volatile int udpRefusals;

    LinuxTun(
            Kernel kernel,
            int fd,
            InterfaceControl control,
            String name,
            int link,
            TunFeatures features)
            throws IOException {
        this.kernel = kernel;
        this.fd = fd;
        this.control = control;
        this.name = name;
        this.link = link;
        this.features = features;
        headerBytes = features.vnetHeader() ? VirtioNetHeader.BYTES : 0;
        interfaceIndex = control.index(name);
    }

    static LinuxTun open(Kernel kernel, TunOptions options, int link) throws IOException {
        return TunOpener.open(kernel, options, link);
    }

    @Override
    public int fileDescriptor() {
        return fd;
    }

    @Override
    public boolean receive(Burst burst) {
        long start = burst.in.address() + ALIGNMENT;
        long end = burst.in.address() + burst.in.bytes();
        long at = start;
        while (burst.count < MAX_PACKETS_PER_PASS
                && at - start < MAX_BYTES_PER_PASS
                && at - headerBytes + MAX_FRAME_BYTES <= end) {
            long bytes = kernel.read(fd, at - headerBytes, MAX_FRAME_BYTES);
            if (bytes < 0) {
                int errno = kernel.errno();
                if (errno == Errno.EINTR) {
                    continue;
                }
                gone |= errno == Errno.EBADFD || errno == Errno.ENODEV;
                break;
            }
            int length = (int) bytes - headerBytes;
            if (!take(burst, at, length)) {
                break;
            }
            at = (at + Math.max(0, length) + 2 * ALIGNMENT - 1) & -ALIGNMENT;
        }
        return burst.count > 0;
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
        while (kernel.write(fd, address, bytes) < 0) {
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
        if (refused) {
            refusedSuperFrames.incrementAndGet();
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
        return name;
    }

    @Override
    public int interfaceIndex() {
        return interfaceIndex;
    }

    /** Something asked of the interface, or done to it. */
    @FunctionalInterface
    private interface Question<T> {
        T ask(InterfaceControl control, String name) throws IOException;
    }

    /** Asks, and once more when the device has moved to another namespace or name meanwhile. */
    private synchronized <T> T ask(Question<T> question) throws IOException {
        try {
            return question.ask(control, name);
        } catch (ErrnoException failure) {
            if (failure.errno() != Errno.ENODEV) {
                throw failure;
            }
            follow();
            return question.ask(control, name);
        }
    }

    private void follow() throws IOException {
        int namespace = kernel.ioctl(fd, TUNGETDEVNETNS, 0);
        if (namespace < 0) {
            int errno = kernel.errno();
            gone |= errno == Errno.EBADFD;
            throw Errno.failure(name, "TUNGETDEVNETNS", errno, gone ? "the device is gone" : "");
        }
        try (Scratch scratch = new Scratch()) {
            InterfaceControl.request(scratch, "");
            if (kernel.ioctl(fd, TUNGETIFF, scratch.address()) < 0) {
                throw Errno.failure(name, "TUNGETIFF", kernel.errno(), "");
            }
            name = scratch.string(0, InterfaceControl.NAME_BYTES, true);
            InterfaceControl old = control;
            control =
                    InterfaceControl.openIn(kernel, namespace, () -> InterfaceControl.open(kernel));
            old.close();
        } finally {
            kernel.close(namespace);
        }
    }

    @Override
    public int mtu() throws IOException {
        return ask(InterfaceControl::mtu);
    }

    @Override
    public void mtu(int bytes) throws IOException {
        ask((interfaces, device) -> {
            interfaces.mtu(device, bytes);
            return true;
        });
    }

    @Override
    public void up() throws IOException {
        ask((interfaces, device) -> {
            interfaces.up(device);
            return true;
        });
    }

    @Override
    public boolean isUp() throws IOException {
        return ask(InterfaceControl::isUp);
    }

    /**
     * Asks the descriptor where the device is before its name is used: there may be another device
     * of that name by now in the namespace where this one was. Where the kernel doesn't tell
     * (before Linux 5.5), a write of nothing tells up from down.
     */
    @Override
    public synchronized TunState state() throws IOException {
        int space = kernel.ioctl(fd, TUNGETDEVNETNS, 0);
        int errno = space < 0 ? kernel.errno() : 0;
        if (space >= 0) {
            String identity = identity(space);
            kernel.close(space);
            if (!identity.equals(namespace)) {
                follow();
                namespace = identity;
            }
        }
        gone |= errno == Errno.EBADFD;
        if (!gone) {
            try {
                return new TunState(false, isUp(), mtu(), name);
            } catch (IOException notReached) {
                int wrote = kernel.write(fd, 0, 0) < 0 ? kernel.errno() : 0;
                gone |= wrote == Errno.EBADFD || wrote == Errno.ENODEV;
                return new TunState(gone, !gone && wrote != Errno.EIO, 0, name);
            }
        }
        return new TunState(true, false, 0, name);
    }

    @Override
    public void awaitChange(long nanos) throws InterruptedException {
        String here;
        synchronized (this) {
            here = namespace;
        }
        if (!here.equals(eventsNamespace)) {
            listen(here);
        } else if (events != null) {
            events.await(nanos);
        } else {
            Thread.sleep(Duration.ofNanos(nanos));
        }
    }

    /** Listens where the device is now; the caller looks once more, for what came before. */
    private void listen(String here) {
        eventsNamespace = here;
        if (events != null) {
            events.close();
            events = null;
        }
        int space = kernel.ioctl(fd, TUNGETDEVNETNS, 0);
        if (space >= 0) {
            try {
                events = InterfaceControl.openIn(kernel, space, () -> LinkEvents.open(kernel));
            } catch (IOException unheard) {
                // then changes are noticed when the time is over
            } finally {
                kernel.close(space);
            }
        }
    }

    /** {@code net:[4026531840]}: the same only for the same namespace, while that exists. */
    private static String identity(int namespace) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + namespace)).toString();
        } catch (IOException noProc) {
            return "";
        }
    }

    @Override
    public boolean isGone() {
        return gone;
    }

    @Override
    public long refusedSuperFrames() {
        return refusedSuperFrames.get();
    }

    @Override
    public List<Offload> offloads() {
        return List.of(
                new Offload("checksum", features.checksum(), features.reason()),
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
        control.close();
        if (events != null) {
            events.close();
        }
        kernel.close(fd);
        transmitters.forEach(TunTransmitter::release);
    }

    @Override
    public String toString() {
        return name;
    }
}
