package io.jnat.core.packet;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A block of native memory, allocated at start and kept; 64-byte aligned and zeroed. Everything
 * that {@link Memory} touches lies in one.
 *
 * <p>Owner: whoever allocated it; {@link #close} only after the last user of its address is gone.
 */
public final class Slab implements AutoCloseable {
    private static final int ALIGNMENT = 64;

    /** What the kernel can do about pages that were never used. */
    @FunctionalInterface
    public interface Pages {
        /**
         * Takes memory back from pages that hold nothing but zeros, until they are used.
         *
         * @param bytes all of them are zero, and nobody else knows of them yet
         */
        void takeBack(long address, long bytes);
    }

    private static volatile Pages pages = (address, bytes) -> {};

    /** Starts and ends of the living slabs, sorted by start; replaced as a whole, never changed. */
    private static volatile long[] ranges = new long[0];

    /**
     * The living slabs' buffers by address: an address keeps nothing alive, so this does, until
     * {@link #close}.
     */
    private static final Map<Long, ByteBuf> LIVING = new ConcurrentHashMap<>();

    private final ByteBuf buffer;
    private final long address;
    private final int bytes;

    private Slab(ByteBuf buffer, long address, int bytes) {
        this.buffer = buffer;
        this.address = address;
        this.bytes = bytes;
    }

    /** Allocates {@code bytes} zeroed bytes. */
    public static Slab allocate(int bytes) {
        ByteBuf buffer = Unpooled.directBuffer(bytes + ALIGNMENT, bytes + ALIGNMENT);
        long start = MemorySegment.ofBuffer(buffer.nioBuffer(0, bytes + ALIGNMENT)).address();
        long aligned = (start + ALIGNMENT - 1) & -ALIGNMENT;
        Slab slab = new Slab(buffer, aligned, bytes);
        LIVING.put(aligned, buffer);
        register(aligned, aligned + bytes);
        Memory.zero(aligned, bytes);
        pages.takeBack(aligned, bytes);
        return slab;
    }

    /** Has slabs that are allocated from now on cost memory only where they are used. */
    public static void takeUnusedPagesBack(Pages kernel) {
        pages = kernel;
    }

    /** The first byte's address; a multiple of 64. */
    public long address() {
        return address;
    }

    /** How many bytes there are. */
    public int bytes() {
        return bytes;
    }

    @Override
    public void close() {
        unregister(address);
        LIVING.remove(address);
        buffer.release();
    }

    /** Starts and ends, in turn, of the slabs that are alive now. */
    public static long[] living() {
        return ranges.clone();
    }

    /** Whether all of the range lies in one living slab; for assertions. */
    static boolean covers(long address, long bytes) {
        if (bytes == 0) {
            return true;
        }
        long[] known = ranges;
        int low = 0;
        int high = known.length / 2 - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (address < known[2 * middle]) {
                high = middle - 1;
            } else if (address >= known[2 * middle + 1]) {
                low = middle + 1;
            } else {
                return bytes > 0 && address + bytes <= known[2 * middle + 1];
            }
        }
        return false;
    }

    private static synchronized void register(long start, long end) {
        long[] old = ranges;
        int at = 0;
        while (at < old.length && old[at] < start) {
            at += 2;
        }
        long[] grown = new long[old.length + 2];
        System.arraycopy(old, 0, grown, 0, at);
        grown[at] = start;
        grown[at + 1] = end;
        System.arraycopy(old, at, grown, at + 2, old.length - at);
        ranges = grown;
    }

    private static synchronized void unregister(long start) {
        long[] old = ranges;
        for (int at = 0; at < old.length; at += 2) {
            if (old[at] == start) {
                long[] shrunk = Arrays.copyOf(old, old.length - 2);
                System.arraycopy(old, at + 2, shrunk, at, old.length - at - 2);
                ranges = shrunk;
                return;
            }
        }
    }
}
