package io.jnat.tun.sim;

import io.jnat.core.engine.PacketTransmitter;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.core.stat.DropReason;
import io.jnat.tun.Offload;
import io.jnat.tun.TunDevice;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A device without a kernel: a test puts in what the kernel would route into it, and takes out what
 * the engine wrote. The data path ({@link #receive}, {@link #newTransmitter}) allocates nothing.
 */
public final class SimulatedDevice implements TunDevice {
    private static final int QUEUE_PACKETS = 1024;
    private static final int QUEUE_BYTES = 4 << 20;
    private static final int MAX_PACKET_BYTES = 65_535;

    private final String name;
    private final FrameQueue in = new FrameQueue(QUEUE_PACKETS, QUEUE_BYTES);
    private final FrameQueue out = new FrameQueue(QUEUE_PACKETS, QUEUE_BYTES);
    private final SimulatedReceiver receiver;
    private final Slab scratch = Slab.allocate(64 + MAX_PACKET_BYTES);
    private final Packet injected = new Packet();
    private volatile boolean up = true;

    /**
     * A device that is up.
     *
     * @param link {@code inLink} of what is received from it
     */
    public SimulatedDevice(String name, int link) {
        this.name = name;
        receiver = new SimulatedReceiver(in, false, link);
    }

    SimulatedReceiver receiver() {
        return receiver;
    }

    /** Puts a packet with complete checksums in; false when the queue is full. */
    public synchronized boolean inject(byte[] packet) {
        long address = scratch.address() + 64;
        Memory.copy(packet, 0, address, packet.length);
        injected.reset(address, packet.length);
        return inject(injected);
    }

    /**
     * Puts a packet or super-frame in, as it is described: the bytes at its {@code address}, its
     * offload fields. False when the queue is full. Allocates nothing.
     */
    public boolean inject(Packet packet) {
        boolean taken = in.push(packet);
        receiver.notifyReadable();
        return taken;
    }

    /** How many packets the engine has written that nobody has taken. */
    public int written() {
        return out.size();
    }

    /**
     * The oldest packet that the engine wrote, with its offload fields; valid until {@link
     * #forget}. Null for none. Allocates nothing.
     */
    public @Nullable Packet peek() {
        return out.peek();
    }

    /** Forgets the oldest packet that the engine wrote. */
    public void forget() {
        out.pop();
    }

    /** Takes the bytes of the oldest packet that the engine wrote; null for none. */
    public byte @Nullable [] take() {
        Packet packet = out.peek();
        if (packet == null) {
            return null;
        }
        byte[] bytes = new byte[packet.length];
        Memory.copy(packet.address, bytes, 0, packet.length);
        out.pop();
        return bytes;
    }

    /** Takes it down, so that writing fails with {@code DEVICE_DOWN}. */
    void down() {
        up = false;
    }

    @Override
    public int[] fileDescriptors() {
        return receiver.fileDescriptors();
    }

    @Override
    public boolean receive(Burst burst, long readable) {
        return receiver.receive(burst, readable);
    }

    @Override
    public PacketTransmitter newTransmitter() {
        return this::write;
    }

    private @Nullable DropReason write(Packet packet) {
        if (!up) {
            return DropReason.DEVICE_DOWN;
        }
        return out.push(packet) ? null : DropReason.DEVICE_QUEUE_FULL;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int interfaceIndex() {
        return receiver.descriptor();
    }

    @Override
    public int mtu() {
        return 1500;
    }

    @Override
    public void up() {
        up = true;
    }

    @Override
    public boolean isUp() {
        return up;
    }

    @Override
    public boolean isGone() {
        return false;
    }

    @Override
    public List<Offload> offloads() {
        return List.of(new Offload("tso", true, ""), new Offload("uso", true, ""));
    }

    @Override
    public void close() {
        in.release();
        out.release();
        scratch.close();
    }
}
