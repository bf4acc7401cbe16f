package io.jnat.core.packet;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Reads and writes native memory by address, in network byte order unless the name says {@code
 * LittleEndian}. Allocates nothing.
 *
 * <p>Addresses are plain {@code long}s, because JNA, the kernel and the cipher want them. There are
 * no bounds here: lengths are checked once by the code that accepts untrusted bytes. With
 * assertions enabled (all tests), every access is checked against the {@link Slab}s that are alive,
 * so that a read outside is a failed test and not a silent one.
 */
public final class Memory {
    @SuppressWarnings("restricted") // what starts the JVM enables native access
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final ValueLayout.OfShort SHORT_BE =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT_BE =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG_BE =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT_LE =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT_LE =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG_LE =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Above every address: user space ends at 2^47, or at 2^56 with five levels of pages. */
    private static final long ABOVE = 1L << 62;

    private Memory() {}

    /**
     * The same address. From the mask the compiler knows that it is not negative and not at the end
     * of {@link #all}, and leaves out the checks of bounds, two branches and the code that would
     * throw. In a loop, {@code below(first) + step} with an {@code int} step is known as well.
     */
    public static long below(long address) {
        return address & ABOVE - 1;
    }

    /** All of memory as one segment, for bulk work such as vector loads; no bounds. */
    public static MemorySegment all() {
        return ALL;
    }

    /** One unsigned byte. */
    public static int getByte(long address) {
        assert Slab.covers(address, 1);
        return Byte.toUnsignedInt(ALL.get(JAVA_BYTE, address));
    }

    /** An unsigned 16-bit value. */
    public static int getShort(long address) {
        assert Slab.covers(address, Short.BYTES);
        return Short.toUnsignedInt(ALL.get(SHORT_BE, address));
    }

    /** A 32-bit value, sign and all; see {@link #getUnsignedInt}. */
    public static int getInt(long address) {
        assert Slab.covers(address, Integer.BYTES);
        return ALL.get(INT_BE, address);
    }

    /** An unsigned 32-bit value. */
    public static long getUnsignedInt(long address) {
        return Integer.toUnsignedLong(getInt(address));
    }

    /** A 64-bit value. */
    public static long getLong(long address) {
        assert Slab.covers(address, Long.BYTES);
        return ALL.get(LONG_BE, address);
    }

    /** Writes the low 8 bits. */
    public static void putByte(long address, int value) {
        assert Slab.covers(address, 1);
        ALL.set(JAVA_BYTE, address, (byte) value);
    }

    /** Writes the low 16 bits. */
    public static void putShort(long address, int value) {
        assert Slab.covers(address, Short.BYTES);
        ALL.set(SHORT_BE, address, (short) value);
    }

    /** Writes 32 bits. */
    public static void putInt(long address, int value) {
        assert Slab.covers(address, Integer.BYTES);
        ALL.set(INT_BE, address, value);
    }

    /** Writes 64 bits. */
    public static void putLong(long address, long value) {
        assert Slab.covers(address, Long.BYTES);
        ALL.set(LONG_BE, address, value);
    }

    /** An unsigned 16-bit value, low byte first. */
    public static int getShortLittleEndian(long address) {
        assert Slab.covers(address, Short.BYTES);
        return Short.toUnsignedInt(ALL.get(SHORT_LE, address));
    }

    /** A 32-bit value, low byte first. */
    public static int getIntLittleEndian(long address) {
        assert Slab.covers(address, Integer.BYTES);
        return ALL.get(INT_LE, address);
    }

    /** A 64-bit value, low byte first. */
    public static long getLongLittleEndian(long address) {
        assert Slab.covers(address, Long.BYTES);
        return ALL.get(LONG_LE, address);
    }

    /** Writes the low 16 bits, low byte first. */
    public static void putShortLittleEndian(long address, int value) {
        assert Slab.covers(address, Short.BYTES);
        ALL.set(SHORT_LE, address, (short) value);
    }

    /** Writes 32 bits, low byte first. */
    public static void putIntLittleEndian(long address, int value) {
        assert Slab.covers(address, Integer.BYTES);
        ALL.set(INT_LE, address, value);
    }

    /** Writes 64 bits, low byte first. */
    public static void putLongLittleEndian(long address, long value) {
        assert Slab.covers(address, Long.BYTES);
        ALL.set(LONG_LE, address, value);
    }

    /** Copies {@code bytes} bytes; the ranges may overlap. */
    public static void copy(long from, long to, long bytes) {
        assert Slab.covers(from, bytes) && Slab.covers(to, bytes);
        MemorySegment.copy(ALL, from, ALL, to, bytes);
    }

    /** Copies native memory into an array. */
    public static void copy(long from, byte[] to, int offset, int bytes) {
        assert Slab.covers(from, bytes);
        MemorySegment.copy(ALL, JAVA_BYTE, from, to, offset, bytes);
    }

    /** Copies part of an array into native memory. */
    public static void copy(byte[] from, int offset, long to, int bytes) {
        assert Slab.covers(to, bytes);
        MemorySegment.copy(from, offset, ALL, JAVA_BYTE, to, bytes);
    }

    /** Writes zeros. */
    public static void zero(long address, long bytes) {
        assert Slab.covers(address, bytes);
        ALL.asSlice(address, bytes).fill((byte) 0);
    }
}
