package io.jnat.tun.sim;

import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import java.net.InetSocketAddress;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The internet between tunnel sockets, in memory: carries datagrams to whoever has the address now,
 * as the {@link Weather} lets it. Thread-safe; allocates nothing while it carries.
 */
public final class SimulatedNetwork implements AutoCloseable {
    private static final int HELD_DATAGRAMS = 256;
    private static final int HELD_BYTES = 1 << 20;

    private final Weather weather;
    private final CopyOnWriteArrayList<SimulatedSockets> sockets = new CopyOnWriteArrayList<>();
    private final FrameQueue held = new FrameQueue(HELD_DATAGRAMS, HELD_BYTES);

    /** Where each held datagram goes, oldest first. */
    private final @Nullable SimulatedSockets[] heldFor =
            new @Nullable SimulatedSockets[HELD_DATAGRAMS];

    private final Slab scratch = Slab.allocate(65_536);
    private final Packet descriptor = new Packet();
    private final Endpoint source = new Endpoint();

    /** A network. */
    public SimulatedNetwork(Weather weather) {
        this.weather = weather;
    }

    /** Sockets at an address of this network, for example {@code 198.51.100.1} and 51820. */
    public SimulatedSockets open(String host, int port) {
        SimulatedSockets opened = new SimulatedSockets(this, new InetSocketAddress(host, port));
        sockets.add(opened);
        return opened;
    }

    /** Changes the weather while others may be sending. */
    synchronized void weather(Consumer<Weather> change) {
        change.accept(weather);
    }

    void remove(SimulatedSockets closed) {
        sockets.remove(closed);
    }

    /** Carries one datagram; nobody hears whether it arrives. */
    synchronized void carry(Endpoint from, Endpoint to, long address, int bytes, int tos) {
        SimulatedSockets receiver = find(to);
        if (receiver == null) {
            return;
        }
        synchronized (from) { // may move meanwhile
            source.copyFrom(from);
        }
        source.localHigh = to.high;
        source.localLow = to.low;
        source.localInterface = 1;
        descriptor.reset(address, bytes);
        descriptor.remote = source;
        descriptor.outerTos = tos;
        switch (weather.decide()) {
            case DELIVER -> receiver.deliver(descriptor);
            case LOSE -> {}
            case DUPLICATE -> {
                receiver.deliver(descriptor);
                receiver.deliver(descriptor);
            }
            case HOLD -> hold(receiver);
            case CORRUPT -> corrupt(receiver, address, bytes);
        }
    }

    private void hold(SimulatedSockets receiver) {
        int at = held.size();
        if (held.push(descriptor)) {
            heldFor[at] = receiver;
        }
    }

    private void corrupt(SimulatedSockets receiver, long address, int bytes) {
        Memory.copy(address, scratch.address(), bytes);
        if (bytes > 0) {
            long at = scratch.address() + weather.position(bytes);
            Memory.putByte(at, Memory.getByte(at) ^ 1 << weather.position(Byte.SIZE));
        }
        descriptor.address = scratch.address();
        receiver.deliver(descriptor);
    }

    /** Delivers what was held. */
    synchronized void release() {
        int count = held.size();
        for (int at = 0; at < count; at++) {
            Packet datagram = held.peek();
            SimulatedSockets receiver = heldFor[at];
            if (datagram != null && receiver != null) {
                receiver.deliver(datagram);
            }
            held.pop();
        }
    }

    private @Nullable SimulatedSockets find(Endpoint to) {
        for (int at = 0; at < sockets.size(); at++) {
            if (sockets.get(at).hasAddress(to)) {
                return sockets.get(at);
            }
        }
        return null;
    }

    @Override
    public void close() {
        held.release();
        scratch.close();
    }
}
