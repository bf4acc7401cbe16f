package io.jnat.bench;

import io.jnat.core.packet.Slab;
import io.jnat.wireguard.crypto.PacketCipher;
import io.jnat.wireguard.crypto.PacketKey;
import io.jnat.wireguard.crypto.ScalarPacketCipher;
import io.jnat.wireguard.crypto.vector.CipherChoice;
import io.jnat.wireguard.crypto.vector.CipherSelection;
import io.jnat.wireguard.crypto.vector.CipherStatus;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Seals a burst in place, and seals and opens one, with the cipher chosen and trained as in the
 * running program. The time is a burst's; the median of samples stands a busy machine (one sample
 * has some 20 ns of the clock in it).
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 10, time = 200, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-XX:PerMethodTrapLimit=0",
            "-XX:Tier3DelayOn=1000",
            "-XX:CompileCommand=quiet",
            "-XX:CompileCommand=CompileThresholdScaling,io.jnat.wireguard.crypto.vector.Kernels*::*,0.02"
        })
public class CipherBench {
    private static final int STRIDE_BYTES = 1536;

    /** {@link CipherChoice}. */
    @Param({"scalar", "auto"})
    String cipher = "";

    /** Bytes of each text. */
    @Param({"80", "176", "576", "1424"})
    int bytes;

    /** Packets in the burst. */
    @Param({"1", "8", "44"})
    int packets;

    private final PacketKey key = new PacketKey(new byte[32]);
    private final CompletableFuture<CipherStatus> settled = new CompletableFuture<>();
    private PacketCipher chosen = new ScalarPacketCipher();
    private Slab memory = Slab.allocate(1);
    private long[] addresses = {};
    private int[] lengths = {};
    private long[] counters = {};
    private boolean[] authentic = {};

    /** Waits until the kernels are trained. */
    @Setup
    public void train() throws Exception {
        CipherChoice choice = Objects.requireNonNull(CipherChoice.of(cipher), cipher);
        CipherSelection selection = new CipherSelection(choice, settled::complete);
        chosen = selection.newCipher();
        selection.start();
        settled.get(60, TimeUnit.SECONDS);
        memory = Slab.allocate(packets * STRIDE_BYTES);
        addresses = new long[packets];
        lengths = new int[packets];
        counters = new long[packets];
        authentic = new boolean[packets];
        for (int packet = 0; packet < packets; packet++) {
            addresses[packet] = memory.address() + (long) packet * STRIDE_BYTES;
            lengths[packet] = bytes;
            counters[packet] = packet;
        }
    }

    /** Gives the memory back. */
    @TearDown
    public void release() {
        memory.close();
    }

    /** One burst under new counters. */
    @Benchmark
    public void seal() {
        for (int packet = 0; packet < packets; packet++) {
            counters[packet] += packets;
        }
        chosen.seal(key, addresses, lengths, counters, 0, packets);
    }

    /** One burst sealed and opened again. */
    @Benchmark
    public boolean sealAndOpen() {
        seal();
        chosen.open(key, addresses, lengths, counters, authentic, 0, packets);
        return authentic[packets - 1];
    }
}
