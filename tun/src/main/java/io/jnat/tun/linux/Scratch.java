package io.jnat.tun.linux;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import java.nio.charset.StandardCharsets;

/** A small block of memory for the arguments of one set-up call. Not for the data path. */
final class Scratch implements AutoCloseable {
    static final int BYTES = 256;

    private final Slab slab = Slab.allocate(BYTES);

    long address() {
        return slab.address();
    }

    /** Writes a zero-terminated string at {@code offset}. */
    long string(int offset, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        Memory.copy(bytes, 0, address() + offset, bytes.length);
        Memory.putByte(address() + offset + bytes.length, 0);
        return address() + offset;
    }

    /** Reads a zero-terminated string of at most {@code most} bytes from the start. */
    String string(int most) {
        byte[] bytes = new byte[most];
        Memory.copy(address(), bytes, 0, most);
        int length = 0;
        while (length < most && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    /** Writes a native 32-bit value at the start. */
    long integer(int value) {
        Memory.putIntLittleEndian(address(), value);
        return address();
    }

    @Override
    public void close() {
        slab.close();
    }
}
