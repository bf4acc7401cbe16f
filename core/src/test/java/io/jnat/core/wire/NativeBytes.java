package io.jnat.core.wire;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;

/**
 * Bytes of a test in native memory, with exactly a packet's headroom in front and nothing behind,
 * so that a read outside is seen.
 */
public final class NativeBytes implements AutoCloseable {
    private final Slab slab;
    private final int length;

    public NativeBytes(byte[] bytes) {
        slab = Slab.allocate(Packet.HEADROOM_BYTES + bytes.length);
        length = bytes.length;
        Memory.copy(bytes, 0, address(), length);
    }

    public long address() {
        return slab.address() + Packet.HEADROOM_BYTES;
    }

    public Packet packet() {
        Packet packet = new Packet();
        packet.reset(address(), length);
        return packet;
    }

    public byte[] bytes() {
        return bytes(address(), length);
    }

    public static byte[] bytes(long address, int length) {
        byte[] bytes = new byte[length];
        Memory.copy(address, bytes, 0, length);
        return bytes;
    }

    @Override
    public void close() {
        slab.close();
    }
}
