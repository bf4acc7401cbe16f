package io.jnat.wireguard.message;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Reads and writes the little-endian words of handshake messages, which lie in arrays. */
final class LittleEndian {
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private LittleEndian() {}

    static int getInt(byte[] message, int offset) {
        return (int) INT.get(message, offset);
    }

    static void putInt(byte[] message, int offset, int value) {
        INT.set(message, offset, value);
    }
}
