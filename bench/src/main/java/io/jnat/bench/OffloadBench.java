package io.jnat.bench;

import io.jnat.bench.path.Frames;
import io.jnat.bench.path.SimulatedPair;
import io.jnat.core.offload.Coalescer;
import io.jnat.core.offload.Segmenter;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.core.wire.PacketParser;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** Steps 3 and 7, 44 packets of 1420 bytes: segments to a super-frame, and back. */
public class OffloadBench extends StageBench {
    private static final int SEGMENTS = 44;
    private static final int NO_TUNNEL = 9;
    private static final int PAYLOAD_BYTES = 1380;
    private static final int STRIDE_BYTES = 1536;

    private final Burst burst = new Burst();
    private final Coalescer coalescer = new Coalescer(NO_TUNNEL);
    private final Packet superFrame = new Packet();
    private Slab out = Slab.allocate(1);
    private Slab in = Slab.allocate(1);

    /** For JMH. */
    public OffloadBench() {}

    /** The segments of one flow, and their super-frame. */
    @Setup
    public void write() {
        Frames.Flow flow = SimulatedPair.fromSite(5201, 4000);
        long first = burst.in.address() + 64;
        Frames.fill(first, SEGMENTS * STRIDE_BYTES);
        for (int at = 0; at < SEGMENTS; at++) {
            Frames.tcp(
                    first + (long) at * STRIDE_BYTES, flow, 1 + at * PAYLOAD_BYTES, PAYLOAD_BYTES);
        }
        in = Slab.allocate(128 * 1024);
        out = Slab.allocate(SEGMENTS * STRIDE_BYTES);
        Frames.tcpTrain(superFrame, in.address() + 64, flow, PAYLOAD_BYTES, SEGMENTS);
        if (PacketParser.parse(superFrame) != null) {
            throw new IllegalStateException("the super-frame is malformed");
        }
    }

    /** Frees the memory. */
    @TearDown
    public void free() {
        burst.release();
        in.close();
        out.close();
    }

    /** 44 segments, as opened from the tunnel, become one super-frame; parsing included. */
    @Benchmark
    public int coalesce() {
        burst.reset(0);
        burst.sealed = true;
        long first = burst.in.address() + 64;
        for (int at = 0; at < SEGMENTS; at++) {
            burst.append(first + (long) at * STRIDE_BYTES, Frames.TCP_HEADERS + PAYLOAD_BYTES);
        }
        coalescer.coalesce(burst);
        if (burst.count != 1) {
            throw new IllegalStateException("not one super-frame but " + burst.count);
        }
        return burst.packets[0].length;
    }

    /** One super-frame is cut to 44 segments with complete checksums. */
    @Benchmark
    public int segment() {
        int bytes = 0;
        for (int at = 0; at < SEGMENTS; at++) {
            bytes +=
                    Segmenter.writeSegment(
                            superFrame, at, out.address() + (long) at * STRIDE_BYTES);
        }
        return bytes;
    }
}
