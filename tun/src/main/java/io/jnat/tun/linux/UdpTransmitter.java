package io.jnat.tun.linux;

import static io.jnat.tun.linux.SocketConstants.MSG_DONTWAIT;

import io.jnat.core.engine.DatagramTransmitter;
import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Endpoint;
import io.jnat.tun.SendFault;
import io.jnat.tun.UdpSockets.SourceRefused;

/**
 * Sends batches: a run is one message that the kernel cuts (UDP_SEGMENT), several messages go in
 * one call. Where segmentation is off or refused, each datagram is a message.
 *
 * <p>Owner: one engine thread. Allocates nothing.
 */
final class UdpTransmitter implements DatagramTransmitter {
    private static final int MESSAGES = 64;

    private final Kernel kernel;
    private final LinuxSockets sockets;
    private final SourceRefused listener;
    private final SendCounters counters = new SendCounters();
    private final MessageVector vector = new MessageVector(MESSAGES);

    /** For what is sent again, so that the vector's other messages stay as they are. */
    private final MessageVector again = new MessageVector(1);

    /** What each message of the vector holds. */
    private final int[] messageRun = new int[MESSAGES];

    private final int[] messageFirst = new int[MESSAGES];
    private final int[] messageDatagrams = new int[MESSAGES];

    UdpTransmitter(Kernel kernel, LinuxSockets sockets, SourceRefused listener) {
        this.kernel = kernel;
        this.sockets = sockets;
        this.listener = listener;
    }

    @Override
    public int transmit(DatagramBatch batch) {
        if (batch.dontFragment) {
            transmitUnfragmented(batch);
            return 0;
        }
        int lost = 0;
        int messages = 0;
        boolean v6 = false;
        for (int run = 0; run < batch.runs; run++) {
            if (messages > 0 && batch.destination[run].v6 != v6) {
                lost += flush(batch, messages, v6);
                messages = 0;
            }
            v6 = batch.destination[run].v6;
            int step = sockets.segments(v6) ? batch.runCount[run] : 1;
            for (int done = 0; done < batch.runCount[run]; done += step) {
                if (messages == MESSAGES) {
                    lost += flush(batch, messages, v6);
                    messages = 0;
                }
                lay(batch, messages++, run, batch.runFirst[run] + done, step);
            }
        }
        if (messages > 0) {
            lost += flush(batch, messages, v6);
        }
        batch.clear();
        return lost;
    }

    /** What is too large is not sent, and that is what whoever measures wants to know. */
    private void transmitUnfragmented(DatagramBatch batch) {
        for (int run = 0; run < batch.runs; run++) {
            boolean v6 = batch.destination[run].v6;
            sockets.fragments(v6, false);
            try {
                for (int at = 0; at < batch.runCount[run]; at++) {
                    int ignored =
                            sendAgain(
                                    batch,
                                    run,
                                    batch.runFirst[run] + at,
                                    1,
                                    sockets.fileDescriptor(v6));
                }
            } finally {
                sockets.fragments(v6, true);
            }
        }
        batch.clear();
    }

    private void lay(DatagramBatch batch, int message, int run, int first, int datagrams) {
        messageRun[message] = run;
        messageFirst[message] = first;
        messageDatagrams[message] = datagrams;
        prepare(vector, message, batch, run, first, datagrams);
    }

    private static void prepare(
            MessageVector into,
            int message,
            DatagramBatch batch,
            int run,
            int first,
            int datagrams) {
        OutgoingMessages.prepare(
                into,
                message,
                batch.address[first],
                datagrams == 1 ? batch.length[first] : batch.runBytes[run],
                batch.destination[run],
                batch.runTos[run],
                datagrams == 1 ? 0 : batch.length[first]);
    }

    /** Sends the first {@code messages} messages of the vector; returns the datagrams lost. */
    private int flush(DatagramBatch batch, int messages, boolean v6) {
        int fd = sockets.fileDescriptor(v6);
        int lost = 0;
        int done = 0;
        while (done < messages) {
            int left = messages - done;
            int sent =
                    left == 1
                            ? one(kernel.sendmsg(fd, vector.message(done), MSG_DONTWAIT))
                            : kernel.sendmmsg(fd, vector.message(done), left, MSG_DONTWAIT);
            if (sent > 0) {
                done += sent;
                continue;
            }
            int errno = fd < 0 ? Errno.EAFNOSUPPORT : kernel.errno();
            if (errno != Errno.EINTR) {
                lost += onRefused(batch, done, fd, v6, errno);
                done++;
            }
        }
        return lost;
    }

    private static int one(long result) {
        return result < 0 ? -1 : 1;
    }

    /** Tries a refused message in the ways that are left; returns the datagrams lost. */
    private int onRefused(DatagramBatch batch, int message, int fd, boolean v6, int refusal) {
        int run = messageRun[message];
        int first = messageFirst[message];
        int datagrams = messageDatagrams[message];
        int errno = refusal;
        Endpoint to = batch.destination[run];
        if (datagrams > 1 && errno == Errno.EINVAL && to.hasLocal()) {
            // of older kernels: the segments are too large, or the source is gone; one alone tells
            errno = sendAgain(batch, run, first, 1, fd);
            if (errno == 0) {
                noteSegmentationRefused(v6, refusal);
                return sendSingly(batch, run, first + 1, datagrams - 1, fd);
            }
        }
        if (isSourceRefusal(errno, to)) {
            to.clearLocal();
            counters.add(SendFault.SOURCE_REFUSED, 1);
            listener.forget(batch.runPeer[run]);
            errno = sendAgain(batch, run, first, datagrams, fd);
        }
        if (datagrams > 1 && isSegmentationRefusal(errno)) {
            noteSegmentationRefused(v6, errno);
            return sendSingly(batch, run, first, datagrams, fd);
        }
        return lost(errno, datagrams);
    }

    private void noteSegmentationRefused(boolean v6, int errno) {
        sockets.onSegmentationRefused(v6, errno);
        counters.add(SendFault.SEGMENTATION_REFUSED, 1);
    }

    private int sendSingly(DatagramBatch batch, int run, int first, int datagrams, int fd) {
        int lost = 0;
        for (int at = first; at < first + datagrams; at++) {
            lost += lost(sendAgain(batch, run, at, 1, fd), 1);
        }
        return lost;
    }

    /** Returns 0 or the errno. */
    private int sendAgain(DatagramBatch batch, int run, int first, int datagrams, int fd) {
        prepare(again, 0, batch, run, first, datagrams);
        return send(kernel, fd, again);
    }

    /** Sends message 0 of a vector; returns 0 or the errno. */
    static int send(Kernel kernel, int fd, MessageVector vector) {
        while (kernel.sendmsg(fd, vector.message(0), MSG_DONTWAIT) < 0) {
            int errno = kernel.errno();
            if (errno != Errno.EINTR) {
                return errno;
            }
        }
        return 0;
    }

    /**
     * Whether the kernel may have refused because the local address is not ours any more: EINVAL in
     * older kernels, ENETUNREACH in newer ones (seen on 6.18), ENODEV when its interface is gone.
     */
    static boolean isSourceRefusal(int errno, Endpoint to) {
        return to.hasLocal()
                && (errno == Errno.EINVAL
                        || errno == Errno.ENETUNREACH
                        || errno == Errno.EADDRNOTAVAIL
                        || errno == Errno.ENODEV);
    }

    /**
     * EIO: the device can't checksum segments; EINVAL, EMSGSIZE: they are larger than the path's
     * MTU.
     */
    private static boolean isSegmentationRefusal(int errno) {
        return errno == Errno.EIO || errno == Errno.EINVAL || errno == Errno.EMSGSIZE;
    }

    private int lost(int errno, int datagrams) {
        if (errno == 0) {
            return 0;
        }
        counters.add(SendCounters.classify(errno), datagrams);
        return datagrams;
    }

    SendCounters counters() {
        return counters;
    }

    void release() {
        vector.release();
        again.release();
    }
}
