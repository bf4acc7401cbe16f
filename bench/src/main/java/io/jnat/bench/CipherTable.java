package io.jnat.bench;

import io.jnat.core.packet.Slab;
import io.jnat.wireguard.crypto.PacketCipher;
import io.jnat.wireguard.crypto.PacketKey;
import io.jnat.wireguard.crypto.vector.CipherChoice;
import io.jnat.wireguard.crypto.vector.CipherSelection;
import io.jnat.wireguard.crypto.vector.CipherStatus;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Nanoseconds a packet to seal and to open, over packet and burst sizes, with the cipher trained as
 * in the running program. To be set beside {@code openssl speed -evp chacha20-poly1305}.
 */
public final class CipherTable {
    private static final int[] BYTES = {80, 176, 576, 1424};
    private static final int[] BURSTS = {1, 2, 4, 8, 16, 44};
    private static final int MOST_PACKETS = 44;
    private static final int STRIDE_BYTES = 1536;
    private static final int ROUNDS = 9;
    private static final long SLICE_NANOS = 8_000_000L;

    private final PacketCipher cipher;
    private final long sliceNanos;
    private final PacketKey key = new PacketKey(new byte[32]);
    private final Slab memory = Slab.allocate(MOST_PACKETS * STRIDE_BYTES);
    private final long[] addresses = new long[MOST_PACKETS];
    private final int[] lengths = new int[MOST_PACKETS];
    private final long[] counters = new long[MOST_PACKETS];
    private final boolean[] authentic = new boolean[MOST_PACKETS];

    private CipherTable(PacketCipher cipher, long sliceNanos) {
        this.cipher = cipher;
        this.sliceNanos = sliceNanos;
        for (int packet = 0; packet < MOST_PACKETS; packet++) {
            addresses[packet] = memory.address() + (long) packet * STRIDE_BYTES;
            counters[packet] = packet;
        }
    }

    /**
     * Trains a cipher and writes the table; some ten seconds.
     *
     * @param name {@code auto}, {@code scalar}, {@code jdk}, {@code vector256} or {@code vector512}
     * @throws TimeoutException when training does not end within a minute
     */
    public static void write(CipherChoice name, PrintWriter out)
            throws InterruptedException, ExecutionException, TimeoutException {
        write(name, SLICE_NANOS, out);
    }

    /** The same in other slices of time: each figure is the median of {@value #ROUNDS} of them. */
    static void write(CipherChoice name, long sliceNanos, PrintWriter out)
            throws InterruptedException, ExecutionException, TimeoutException {
        CompletableFuture<CipherStatus> settled = new CompletableFuture<>();
        CipherSelection selection = new CipherSelection(name, settled::complete);
        PacketCipher cipher = selection.newCipher();
        selection.start();
        out.println("# " + settled.get(60, TimeUnit.SECONDS));
        new CipherTable(cipher, sliceNanos).write(out);
    }

    private void write(PrintWriter out) {
        out.println("bytes burst  seal  open");
        double[][] seal = new double[BYTES.length * BURSTS.length][ROUNDS];
        double[][] open = new double[BYTES.length * BURSTS.length][ROUNDS];
        for (int round = -1; round < ROUNDS; round++) { // the first is not counted
            int row = 0;
            for (int bytes : BYTES) {
                for (int packets : BURSTS) {
                    Arrays.fill(lengths, bytes);
                    double alone = nanosAPacket(packets, false);
                    double both = nanosAPacket(packets, true);
                    seal[row][Math.max(round, 0)] = alone;
                    open[row++][Math.max(round, 0)] = both - alone;
                }
            }
        }
        int row = 0;
        for (int bytes : BYTES) {
            for (int packets : BURSTS) {
                out.printf(
                        Locale.ROOT,
                        "%5d %5d %5.0f %5.0f%n",
                        bytes,
                        packets,
                        median(seal[row]),
                        median(open[row++]));
            }
        }
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    private double nanosAPacket(int packets, boolean open) {
        long start = System.nanoTime();
        long spent = 0;
        long bursts = 0;
        while (spent < sliceNanos) {
            for (int turn = 0; turn < 32; turn++) {
                turn(packets, open);
            }
            bursts += 32;
            spent = System.nanoTime() - start;
        }
        return (double) spent / bursts / packets;
    }

    private void turn(int packets, boolean open) {
        for (int packet = 0; packet < packets; packet++) {
            counters[packet] += MOST_PACKETS; // none comes twice, which the JDK's cipher refuses
        }
        cipher.seal(key, addresses, lengths, counters, 0, packets);
        if (open) {
            cipher.open(key, addresses, lengths, counters, authentic, 0, packets);
            if (!authentic[packets - 1]) {
                throw new IllegalStateException("a tag is wrong");
            }
        }
    }
}
