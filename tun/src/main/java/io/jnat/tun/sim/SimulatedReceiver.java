package io.jnat.tun.sim;

import io.jnat.core.engine.Receiver;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Packet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Receives from a queue in memory, with the same limits on a pass as the real links have. Allocates
 * nothing.
 */
final class SimulatedReceiver implements Receiver {
    private static final int MAX_PACKETS_PER_PASS = 64;
    private static final int MAX_BYTES_PER_PASS = 60_000;
    private static final int SUPER_FRAME_BYTES = 16 * 1024;
    private static final int ALIGNMENT = 64;

    /** No process has as many real descriptors. */
    private static final AtomicInteger NEXT_DESCRIPTOR = new AtomicInteger(1 << 30);

    private final int descriptor = NEXT_DESCRIPTOR.getAndIncrement();
    private final FrameQueue queue;
    private final boolean sealed;
    private final int link;
    private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();

    SimulatedReceiver(FrameQueue queue, boolean sealed, int link) {
        this.queue = queue;
        this.sealed = sealed;
        this.link = link;
    }

    @Override
    public int[] fileDescriptors() {
        return new int[] {descriptor};
    }

    int descriptor() {
        return descriptor;
    }

    boolean isReadable() {
        return queue.size() > 0;
    }

    /** Runs whenever something has come in. */
    void onReadable(Runnable listener) {
        listeners.add(listener);
    }

    void offReadable(Runnable listener) {
        listeners.remove(listener);
    }

    void notifyReadable() {
        for (int at = 0; at < listeners.size(); at++) {
            listeners.get(at).run();
        }
    }

    @Override
    public boolean receive(Burst burst, long readable) {
        burst.sealed = sealed;
        long start = burst.in.address() + ALIGNMENT;
        long at = start;
        while (burst.count < MAX_PACKETS_PER_PASS && at - start < MAX_BYTES_PER_PASS) {
            Endpoint remote = sealed ? burst.endpoints[burst.count] : null;
            Packet packet = take(burst, at, remote);
            if (packet == null || packet.length >= SUPER_FRAME_BYTES) {
                break;
            }
            at = (at + packet.length + 2 * ALIGNMENT - 1) & -ALIGNMENT;
        }
        return burst.count > 0;
    }

    private @Nullable Packet take(Burst burst, long at, @Nullable Endpoint remote) {
        Packet packet = queue.moveTo(burst, at, remote);
        if (packet != null) {
            packet.inLink = link;
        }
        return packet;
    }
}
