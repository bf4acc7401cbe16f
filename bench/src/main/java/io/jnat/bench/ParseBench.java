package io.jnat.bench;

import io.jnat.bench.path.Frames;
import io.jnat.bench.path.SimulatedPair;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.PacketParser;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** Step 4, one packet: headers checked, offsets written down. */
public class ParseBench extends StageBench {
    private static final int VOICE_BYTES = 172;

    private final Packet udp = new Packet();
    private final Packet tcp = new Packet();
    private Slab memory = Slab.allocate(1);

    /** For JMH. */
    public ParseBench() {}

    /** A voice packet, and a TCP super-frame. */
    @Setup
    public void write() {
        memory = Slab.allocate(128 * 1024);
        long voice = memory.address() + 64;
        udp.reset(voice, Frames.udp(voice, SimulatedPair.toSite(4000, 50_000), VOICE_BYTES));
        Frames.tcpTrain(tcp, voice + 1024, SimulatedPair.toSite(4000, 50_000), 1380, 44);
    }

    /** Frees the memory. */
    @TearDown
    public void free() {
        memory.close();
    }

    /** A voice packet. */
    @Benchmark
    public @Nullable DropReason udp() {
        udp.parsed = false;
        return PacketParser.parse(udp);
    }

    /** A TCP super-frame of 44 segments. */
    @Benchmark
    public @Nullable DropReason superFrame() {
        tcp.parsed = false;
        return PacketParser.parse(tcp);
    }
}
