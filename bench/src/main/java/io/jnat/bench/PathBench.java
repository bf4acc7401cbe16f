package io.jnat.bench;

import io.jnat.bench.path.Frames;
import io.jnat.bench.path.SimulatedEnd;
import io.jnat.bench.path.SimulatedPair;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.wireguard.crypto.vector.CipherChoice;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The whole way from the radio to the client, in one thread on simulated links: router and relay
 * with NAT, sealing and opening, everything but the kernel. The links copy each packet twice more
 * than the kernel would.
 */
public class PathBench extends StageBench {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int VOICE_BYTES = 172;
    private static final int SEGMENT_BYTES = 1380;
    private static final int SEGMENTS = 44;

    /** {@link CipherChoice}. */
    @Param("auto")
    String cipher = "auto";

    private final Packet voice = new Packet();
    private final Packet train = new Packet();
    private Slab memory = Slab.allocate(1);
    private @Nullable SimulatedPair pair;

    /** For JMH. */
    public PathBench() {}

    /** A tunnel that is up, with its ciphers compiled. */
    @Setup
    public void connect() {
        SimulatedPair opened =
                SimulatedPair.byHand(Objects.requireNonNull(CipherChoice.of(cipher), cipher));
        pair = opened;
        memory = Slab.allocate(128 * 1024);
        long at = memory.address() + 64;
        Frames.Flow flow = SimulatedPair.fromSite(SimulatedPair.FIRST_PORT, 4000);
        voice.reset(at, Frames.udp(at, flow, VOICE_BYTES));
        Frames.udpTrain(train, at + 1024, flow, SEGMENT_BYTES, SEGMENTS);
        long startNanos = System.nanoTime();
        opened.router().device().inject(voice);
        while (opened.relay().device().written() == 0 || !opened.settled()) {
            opened.router().turn();
            opened.relay().turn();
            if (System.nanoTime() - startNanos > PATIENCE_NANOS) {
                throw new IllegalStateException(
                        "nothing crosses: " + opened.router().drops() + opened.relay().drops());
            }
        }
        forgetAll(opened.relay());
    }

    /** Ends it. */
    @TearDown
    public void close() {
        if (pair != null) {
            pair.close();
        }
        memory.close();
    }

    /** One voice packet. */
    @Benchmark
    public int voice() {
        return cross(voice);
    }

    /** A UDP super-frame of 44 segments of 1380 bytes. */
    @Benchmark
    public int superFrame() {
        return cross(train);
    }

    private int cross(Packet packet) {
        SimulatedPair crossed = Objects.requireNonNull(pair);
        crossed.router().device().inject(packet);
        crossed.router().turn();
        crossed.relay().turn();
        return forgetAll(crossed.relay());
    }

    private static int forgetAll(SimulatedEnd end) {
        int bytes = 0;
        Packet written = end.device().peek();
        while (written != null) {
            bytes += written.length;
            end.device().forget();
            written = end.device().peek();
        }
        if (bytes == 0) {
            throw new IllegalStateException("nothing crossed: " + end.drops());
        }
        return bytes;
    }
}
