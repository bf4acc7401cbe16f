package io.jnat.wireguard.crypto.vector;

import com.sun.management.ThreadMXBean;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import io.jnat.core.time.Clock;
import io.jnat.wireguard.crypto.JdkPacketCipher;
import io.jnat.wireguard.crypto.PacketCipher;
import io.jnat.wireguard.crypto.PacketKey;
import io.jnat.wireguard.crypto.ScalarPacketCipher;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;

/**
 * Brings the kernels of one width to full speed away from packets: runs every kernel and branch
 * until the JVM has compiled them well, and passes only if each result is that of plain arithmetic
 * ({@link ScalarPacketCipher}), in the end also the JDK's, to the byte, and the time is better than
 * without them. Before that, a packet would take from ten to a thousand times as long.
 *
 * <p>{@link VectorKernels#roundsOfTwo} is not among these kernels. It takes as long to compile as
 * half of them, and pays only where a result can be used late; so it has a training of its own,
 * while the others are at work.
 *
 * <p>Owner: the training thread. It yields every few milliseconds, so that on a machine with one
 * core packets go on.
 */
final class KernelTraining {
    /** Of its own processor time: on a slow or busy machine the compiler, too, takes longer. */
    private static final long GIVE_UP_CPU_NANOS = 10_000_000_000L;

    /**
     * Short turns with rests: what is not compiled makes garbage, and the compiler works meanwhile.
     */
    private static final long SLICE_NANOS = 2_000_000L;

    private static final long PAUSE_MILLIS = 4;

    /** How often in a row the times must be good: compiled code may be thrown away again. */
    private static final int GOOD_ROUNDS = 3;

    /** Kernels must take less than this share of the time without them, on the average. */
    private static final double WORTHWHILE = 0.9;

    /** The same of {@link VectorKernels#roundsOfTwo}, which is a part of the work only. */
    private static final double TWO_WORTHWHILE = 0.97;

    /**
     * And nothing may take longer than this share: it is a kernel that is not compiled well yet.
     */
    private static final double WORST = 1.2;

    /** Kernels that still become faster than this from round to round are not yet compiled. */
    private static final double SETTLED = 0.8;

    /**
     * What is timed: packets and bytes of each, a packet of a call first, bulk last. Together they
     * run every kernel but {@link VectorKernels#roundsOfTwo}.
     */
    private static final int[][] TIMED = {
        {1, 208}, {1, 176}, {1, 300}, {8, 176}, {1, 1424}, {44, 1424}
    };

    /** Of these, what has more than one vector of blocks. */
    private static final int[][] TIMED_BY_TWO = {{8, 176}, {1, 1424}, {44, 1424}};

    /** Kinds of random bursts: short texts, equal ones, mixed ones, and up to the longest. */
    private static final int KINDS = 4;

    private static final int PACKETS = 64;
    private static final int ROOM_BYTES = VectorCipher.LONGEST_TEXT_BYTES + 128;
    private static final int SAMPLES = 15;
    private static final int REPEATS = 40;
    private static final long REPEAT_NANOS = 20_000_000L;

    /** Comparisons with plain arithmetic's results after the last compilation. */
    private static final int FINAL_COMPARISONS = 64;

    /** And with the JDK's: few, as all of that is interpreted and would be compiled for nothing. */
    private static final int JDK_COMPARISONS = 12;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final VectorWidth width;
    private final boolean byTwo;
    private final boolean pinned;
    private final VectorKernels kernels;
    private final VectorCipher vector;

    /** Packets in a small burst: up to two jobs. */
    private final int few;

    private final PacketCipher scalar = new ScalarPacketCipher();

    /** What works until these kernels do. */
    private final PacketCipher before;

    private final int[][] timed;
    private final Random random = new Random();
    private final PacketKey key;
    private final Slab vectorMemory = Slab.allocate(PACKETS * ROOM_BYTES);
    private final Slab otherMemory = Slab.allocate(PACKETS * ROOM_BYTES);
    private final long[] vectorTexts = new long[PACKETS];
    private final long[] otherTexts = new long[PACKETS];
    private final int[] lengths = new int[PACKETS];
    private final long[] counters = new long[PACKETS];
    private final boolean[] authentic = new boolean[PACKETS];
    private final long[] vectorNanos;
    private final long[] beforeNanos;

    /** Of the time without these kernels, on the average, when it was last looked at. */
    private double share;

    private long sliceStart;
    private boolean passed;

    private KernelTraining(VectorWidth width, boolean byTwo, boolean pinned)
            throws ReflectiveOperationException {
        this.width = width;
        this.byTwo = byTwo;
        this.pinned = pinned;
        few = 2 * width.longs();
        kernels = KernelClass.load(width);
        vector = newCipher();
        before = byTwo ? new VectorCipher(kernels, width) : scalar;
        timed = byTwo ? TIMED_BY_TWO : TIMED;
        vectorNanos = new long[timed.length];
        beforeNanos = new long[timed.length];
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        key = new PacketKey(bytes);
    }

    /**
     * Of all kernels but {@link VectorKernels#roundsOfTwo}.
     *
     * @param pinned whether the configuration wants these kernels even if they are not faster
     */
    static KernelTraining of(VectorWidth width, boolean pinned)
            throws ReflectiveOperationException {
        return new KernelTraining(width, false, pinned);
    }

    /** Of {@link VectorKernels#roundsOfTwo}, after the others'. */
    static KernelTraining ofTwo(VectorWidth width) throws ReflectiveOperationException {
        return new KernelTraining(width, true, false);
    }

    /** Trains; returns what came of it, for people. */
    String run() {
        try {
            long start = Clock.MONOTONIC.nowNanos();
            long startCpu = THREADS.getCurrentThreadCpuTime();
            sliceStart = start;
            int good = 0;
            double shares = 0;
            while (good < GOOD_ROUNDS) {
                // small jobs at first: interpreted, a large packet takes seconds
                if (!(good > 0 ? compare(scalar, KINDS, PACKETS) : compare(scalar, 2, few))) {
                    return subject() + " differed from plain arithmetic";
                }
                repeat();
                good = isCompiled() ? good + 1 : 0;
                shares = good == 0 ? 0 : shares + share;
                boolean last = THREADS.getCurrentThreadCpuTime() - startCpu > GIVE_UP_CPU_NANOS;
                if (last || good == GOOD_ROUNDS) {
                    if (!agree(scalar, FINAL_COMPARISONS, PACKETS)) {
                        return subject() + " differed from plain arithmetic once it was compiled";
                    }
                    if (!agree(new JdkPacketCipher(), JDK_COMPARISONS, few)) {
                        return subject() + " differed from the JDK's cipher once it was compiled";
                    }
                }
                // A length that came for the first time may have cost a kernel its code.
                if (good == GOOD_ROUNDS && !isCompiled()) {
                    good = 0;
                    shares = 0;
                }
                if (last) {
                    break;
                }
            }
            double worthwhile = byTwo ? TWO_WORTHWHILE : WORTHWHILE;
            passed = pinned || good == GOOD_ROUNDS && shares / GOOD_ROUNDS < worthwhile;
            return reason(good == GOOD_ROUNDS, (Clock.MONOTONIC.nowNanos() - start) / 1e9);
        } finally {
            key.destroy();
            vector.close();
            if (before instanceof VectorCipher one) {
                one.close();
            }
            vectorMemory.close();
            otherMemory.close();
        }
    }

    /** Whether the kernels may be used. */
    boolean passed() {
        return passed;
    }

    String name() {
        return width.cipherName();
    }

    /** A cipher with these kernels and its own scratch memory. */
    VectorCipher newCipher() {
        VectorCipher cipher = new VectorCipher(kernels, width);
        cipher.takeTwo(byTwo);
        return cipher;
    }

    private String subject() {
        return byTwo ? "two vectors at once" : name();
    }

    private String reason(boolean compiled, double seconds) {
        String verdict;
        if (passed) {
            verdict = (byTwo ? subject() + " " : "") + "right and compiled";
        } else if (!compiled) {
            verdict = subject() + " not compiled and not used";
        } else if (byTwo) {
            verdict = subject() + " gain too little and are not used";
        } else {
            verdict = subject() + " no faster than plain arithmetic";
        }
        StringBuilder text =
                new StringBuilder(String.format(Locale.ROOT, "%s after %.1f s", verdict, seconds));
        for (int at : new int[] {0, timed.length - 1}) {
            text.append(
                    String.format(
                            Locale.ROOT,
                            "; %d × %d bytes: %d ns a packet, %s %d",
                            timed[at][0],
                            timed[at][1],
                            vectorNanos[at] / timed[at][0],
                            byTwo ? "one by one" : "scalar",
                            beforeNanos[at] / timed[at][0]));
        }
        return text.toString();
    }

    /** Compares bursts of all kinds. */
    private boolean agree(PacketCipher other, int rounds, int mostPackets) {
        for (int round = 0; round < rounds; round++) {
            if (!compare(other, KINDS, round % 2 == 0 ? mostPackets : few)) {
                return false;
            }
        }
        return true;
    }

    /** Seals and opens a random burst of the first {@code kinds} with both, some tampered with. */
    private boolean compare(PacketCipher other, int kinds, int mostPackets) {
        int count = 1 + random.nextInt(mostPackets);
        place(count, random.nextInt(kinds));
        vector.seal(key, vectorTexts, lengths, counters, 0, count);
        other.seal(key, otherTexts, lengths, counters, 0, count);
        if (!same(count)) {
            return false;
        }
        boolean[] tampered = new boolean[count];
        for (int packet = 0; packet < count; packet++) {
            tampered[packet] = random.nextInt(8) == 0;
            if (tampered[packet]) {
                long at = vectorTexts[packet] + random.nextInt(lengths[packet] + 16);
                Memory.putByte(at, Memory.getByte(at) ^ 1 << random.nextInt(8));
            }
        }
        vector.open(key, vectorTexts, lengths, counters, authentic, 0, count);
        other.open(key, otherTexts, lengths, counters, new boolean[count], 0, count);
        for (int packet = 0; packet < count; packet++) {
            if (authentic[packet] == tampered[packet]) {
                return false;
            }
            if (authentic[packet] && !same(packet, lengths[packet])) {
                return false;
            }
        }
        breathe();
        return true;
    }

    /** Random texts of one of the kinds, the same in both memories. */
    private void place(int count, int kind) {
        int most =
                switch (kind) {
                    case 0 -> VectorCipher.SHORT_ALONE_BYTES;
                    case 1, 2 -> 1500;
                    default -> count > 8 ? 1500 : VectorCipher.LONGEST_TEXT_BYTES;
                };
        int same = random.nextInt(most + 1);
        long counter = random.nextLong();
        for (int packet = 0; packet < count; packet++) {
            int length = kind == 1 ? same : random.nextInt(most + 1);
            int shift = random.nextInt(64);
            vectorTexts[packet] = vectorMemory.address() + (long) packet * ROOM_BYTES + shift;
            otherTexts[packet] = otherMemory.address() + (long) packet * ROOM_BYTES + shift;
            lengths[packet] = length;
            counters[packet] = counter + packet;
            for (int at = 0; at < length; at += 8) {
                long bytes = random.nextLong();
                Memory.putLong(vectorTexts[packet] + at, bytes);
                Memory.putLong(otherTexts[packet] + at, bytes);
            }
        }
    }

    private boolean same(int count) {
        for (int packet = 0; packet < count; packet++) {
            if (!same(packet, lengths[packet] + PacketCipher.TAG_BYTES)) {
                return false;
            }
        }
        return true;
    }

    private boolean same(int packet, int bytes) {
        return Memory.all()
                        .asSlice(vectorTexts[packet], bytes)
                        .mismatch(Memory.all().asSlice(otherTexts[packet], bytes))
                < 0;
    }

    /** Runs what is timed often enough for the JVM to notice. */
    private void repeat() {
        for (int[] shape : timed) {
            placeEqual(shape);
            long start = Clock.MONOTONIC.nowNanos();
            for (int turn = 0;
                    turn < REPEATS && Clock.MONOTONIC.nowNanos() - start - REPEAT_NANOS < 0;
                    turn++) {
                vector.seal(key, vectorTexts, lengths, counters, 0, shape[0]);
                vector.open(key, vectorTexts, lengths, counters, authentic, 0, shape[0]);
                breathe();
            }
            // a comparison with what is not compiled itself would say nothing
            fastest(before, otherTexts, shape[0]);
        }
    }

    /**
     * Whether what is timed is compiled: it allocates nothing, no longer becomes faster, and takes
     * not much longer than without these kernels.
     */
    private boolean isCompiled() {
        boolean settled = true;
        double shares = 0;
        for (int at = 0; at < timed.length; at++) {
            placeEqual(timed[at]);
            int count = timed[at][0];
            long last = vectorNanos[at];
            vectorNanos[at] = fastest(vector, vectorTexts, count);
            beforeNanos[at] = fastest(before, otherTexts, count);
            shares += (double) vectorNanos[at] / beforeNanos[at];
            settled &= vectorNanos[at] > SETTLED * last;
            settled &= byTwo || vectorNanos[at] < WORST * beforeNanos[at];
            settled &= allocates(count) == 0;
        }
        share = shares / timed.length;
        return settled;
    }

    /**
     * Bytes that sealing and opening of what was placed allocate. A vector that is an object is one
     * that the second compiler has not seen yet.
     */
    private long allocates(int count) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        vector.seal(key, vectorTexts, lengths, counters, 0, count);
        vector.open(key, vectorTexts, lengths, counters, authentic, 0, count);
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    private void placeEqual(int[] shape) {
        place(shape[0], 0);
        Arrays.fill(lengths, 0, shape[0], shape[1]);
    }

    /** The shortest of some samples: others on the machine only ever add. */
    private long fastest(PacketCipher cipher, long[] texts, int count) {
        long least = Long.MAX_VALUE;
        for (int sample = 0; sample < SAMPLES; sample++) {
            long start = Clock.MONOTONIC.nowNanos();
            cipher.seal(key, texts, lengths, counters, 0, count);
            least = Math.min(least, Clock.MONOTONIC.nowNanos() - start);
            breathe();
        }
        return least;
    }

    /** Lets others have the core now and then. */
    private void breathe() {
        if (Clock.MONOTONIC.nowNanos() - sliceStart - SLICE_NANOS < 0) {
            return;
        }
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        sliceStart = Clock.MONOTONIC.nowNanos();
    }
}
