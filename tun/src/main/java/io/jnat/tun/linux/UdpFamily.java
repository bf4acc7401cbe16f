package io.jnat.tun.linux;

import io.jnat.tun.Offload;
import java.util.List;

/** One family's socket, and which offloads it has. */
final class UdpFamily {
    /**
     * Runs sent unsegmented after a refusal that may have been the path's fault, before the next
     * attempt.
     */
    static final int PAUSE_RUNS = 256;

    final int fd;
    final UdpReceiver receiver;

    private final boolean v6;
    private final boolean wanted;
    private volatile boolean segments;
    private volatile String segmentsOff = "";
    private volatile String gatherOff = "";

    /** Runs until segmentation is tried again. Several threads may count; approximate. */
    private volatile int pause;

    UdpFamily(Kernel kernel, UdpSocketOpener opener, boolean v6, int fd, boolean wanted) {
        this.fd = fd;
        this.v6 = v6;
        this.wanted = wanted;
        receiver = new UdpReceiver(kernel, fd, v6);
        probe(opener);
    }

    /** Turns on what the socket that is now under the number can do. */
    void probe(UdpSocketOpener opener) {
        if (!wanted) {
            segmentsOff = "turned off by the configuration";
            gatherOff = segmentsOff;
            return;
        }
        segmentsOff = reason("UDP_SEGMENT", opener.probeSegmentation(fd));
        gatherOff = reason("UDP_GRO", opener.gather(fd));
        pause = 0;
        segments = segmentsOff.isEmpty();
    }

    private static String reason(String option, int errno) {
        return errno == 0
                ? ""
                : "the kernel refused it (" + option + ": " + Errno.name(errno) + ")";
    }

    /** Whether the next run may be cut by the kernel. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // approximate on purpose
    boolean segments() {
        if (pause > 0) {
            pause--;
            return false;
        }
        return segments;
    }

    void onSegmentationRefused(int errno) {
        if (errno == Errno.EIO) {
            segments = false;
            segmentsOff = "a network device refused it while running (EIO)";
        } else {
            pause = PAUSE_RUNS;
        }
    }

    List<Offload> offloads() {
        String family = v6 ? "-ipv6" : "-ipv4";
        String paused = pause > 0 ? "segments are larger than the path's MTU" : segmentsOff;
        return List.of(
                new Offload("udp-gso" + family, paused.isEmpty(), paused),
                new Offload("udp-gro" + family, gatherOff.isEmpty(), gatherOff));
    }

    void close(Kernel kernel) {
        kernel.close(fd);
        receiver.release();
    }
}
