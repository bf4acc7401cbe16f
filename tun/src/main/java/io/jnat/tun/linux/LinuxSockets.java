package io.jnat.tun.linux;

import static io.jnat.tun.linux.SocketConstants.SOCK_CLOEXEC;

import io.jnat.core.engine.DatagramTransmitter;
import io.jnat.core.engine.Receiver;
import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import io.jnat.tun.Offload;
import io.jnat.tun.SendFault;
import io.jnat.tun.SocketOptions;
import io.jnat.tun.UdpSockets;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The two sockets on one port. Their descriptor numbers stay the same for good: {@link #reopen}
 * puts new sockets under the old numbers ({@code dup3}), so that no engine thread ever uses a
 * number that has come to mean something else.
 */
final class LinuxSockets implements UdpSockets {
    private final Kernel kernel;
    private final UdpSocketOpener opener;
    private final UdpFamily four;
    private final @Nullable UdpFamily six;
    private final List<Receiver> receivers;
    private final List<UdpTransmitter> transmitters = new CopyOnWriteArrayList<>();

    /** Guarded by this, as everything of {@link #send}. */
    private final SendCounters sendCounters = new SendCounters();

    private final MessageVector sendVector = new MessageVector(1);
    private final Slab sendBuffer = Slab.allocate(DatagramBatch.MAX_RUN_BYTES);

    /** Whether placeholders stand for the sockets; guarded by this. */
    private boolean shut;

    private volatile int mark;
    private volatile int port;

    private LinuxSockets(
            Kernel kernel, UdpSocketOpener opener, SocketOptions options, UdpSocketPair pair) {
        this.kernel = kernel;
        this.opener = opener;
        mark = options.mark();
        port = pair.port();
        four = new UdpFamily(kernel, opener, false, pair.four(), options.offload());
        six =
                pair.six() < 0
                        ? null
                        : new UdpFamily(kernel, opener, true, pair.six(), options.offload());
        receivers = six == null ? List.of(four.receiver) : List.of(four.receiver, six.receiver);
    }

    static LinuxSockets open(Kernel kernel, SocketOptions options) throws IOException {
        UdpSocketOpener opener = new UdpSocketOpener(kernel);
        UdpSocketPair pair = opener.openPair(options.port(), options.mark());
        return new LinuxSockets(kernel, opener, options, pair);
    }

    @Override
    public List<Receiver> receivers() {
        return receivers;
    }

    @Override
    public DatagramTransmitter newTransmitter(SourceRefused listener) {
        UdpTransmitter transmitter = new UdpTransmitter(kernel, this, listener);
        transmitters.add(transmitter);
        return transmitter;
    }

    /** The descriptor to send with; -1 when the system does not have the family. */
    int fileDescriptor(boolean v6) {
        UdpFamily family = family(v6);
        return family == null ? -1 : family.fd;
    }

    /**
     * Whether what a family sends from now on may be fragmented. Another engine thread that sends
     * meanwhile is subject to it too.
     */
    void fragments(boolean v6, boolean allowed) {
        opener.fragments(fileDescriptor(v6), v6, allowed);
    }

    /** Whether the next run may be cut by the kernel. Allocates nothing; any thread. */
    boolean segments(boolean v6) {
        UdpFamily family = family(v6);
        return family != null && family.segments();
    }

    void onSegmentationRefused(boolean v6, int errno) {
        UdpFamily family = family(v6);
        if (family != null) {
            family.onSegmentationRefused(errno);
        }
    }

    private @Nullable UdpFamily family(boolean v6) {
        return v6 ? six : four;
    }

    @Override
    public synchronized boolean send(byte[] datagram, Endpoint to, int tos) {
        int errno = Errno.EMSGSIZE;
        int fd = fileDescriptor(to.v6);
        if (fd < 0) {
            errno = Errno.EAFNOSUPPORT;
        } else if (datagram.length <= sendBuffer.bytes()) {
            Memory.copy(datagram, 0, sendBuffer.address(), datagram.length);
            errno = sendBuffered(fd, datagram.length, to, tos);
            if (UdpTransmitter.isSourceRefusal(errno, to)) {
                to.clearLocal();
                sendCounters.add(SendFault.SOURCE_REFUSED, 1);
                errno = sendBuffered(fd, datagram.length, to, tos);
            }
        }
        if (errno != 0) {
            sendCounters.add(SendCounters.classify(errno), 1);
        }
        return errno == 0;
    }

    private int sendBuffered(int fd, int bytes, Endpoint to, int tos) {
        OutgoingMessages.prepare(sendVector, 0, sendBuffer.address(), bytes, to, tos, 0);
        return UdpTransmitter.send(kernel, fd, sendVector);
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public synchronized void mark(int mark) throws IOException {
        if (!shut) {
            opener.mark(four.fd, mark);
        }
        if (!shut && six != null) {
            opener.mark(six.fd, mark);
        }
        this.mark = mark;
    }

    @Override
    public int mark() {
        return mark;
    }

    @Override
    public synchronized void reopen(int newPort) throws IOException {
        if (newPort != 0 && newPort == port) {
            shut(); // until the new ones are there, which may fail
        }
        UdpSocketPair pair = opener.openPair(newPort, mark);
        replace(four, pair.four());
        if (six != null && pair.six() >= 0) {
            replace(six, pair.six());
        } else if (pair.six() >= 0) {
            kernel.close(pair.six());
        }
        port = pair.port();
        shut = false;
    }

    @Override
    public synchronized void shut() throws IOException {
        vacate();
        shut = true;
    }

    /** Gives the port free: puts something that can't send or receive under the numbers. */
    private void vacate() throws IOException {
        int placeholder = kernel.eventfd(0, SOCK_CLOEXEC);
        if (placeholder < 0) {
            throw Errno.failure("UDP port " + port, "eventfd", kernel.errno(), "");
        }
        kernel.duplicate(placeholder, four.fd, SOCK_CLOEXEC);
        if (six != null) {
            kernel.duplicate(placeholder, six.fd, SOCK_CLOEXEC);
        }
        kernel.close(placeholder);
    }

    private void replace(UdpFamily family, int fresh) throws IOException {
        int done = kernel.duplicate(fresh, family.fd, SOCK_CLOEXEC);
        int errno = done < 0 ? kernel.errno() : 0;
        kernel.close(fresh);
        if (errno != 0) {
            throw Errno.failure("UDP socket", "dup3", errno, "");
        }
        family.probe(opener);
    }

    @Override
    public long faults(SendFault fault) {
        long sum = sendCounters.get(fault);
        for (UdpTransmitter transmitter : transmitters) {
            sum += transmitter.counters().get(fault);
        }
        return sum;
    }

    @Override
    public List<Offload> offloads() {
        List<Offload> all = new ArrayList<>(four.offloads());
        if (six != null) {
            all.addAll(six.offloads());
        }
        return List.copyOf(all);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("UDP port ").append(port);
        for (SendFault fault : SendFault.values()) {
            text.append(' ').append(fault).append('=').append(faults(fault));
        }
        return text.toString();
    }

    @Override
    public synchronized void close() {
        four.close(kernel);
        if (six != null) {
            six.close(kernel);
        }
        transmitters.forEach(UdpTransmitter::release);
        sendVector.release();
        sendBuffer.close();
    }
}
