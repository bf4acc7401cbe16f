package io.jnat.tun.sim;

import io.jnat.core.engine.DatagramTransmitter;
import io.jnat.core.engine.Receiver;
import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.tun.Offload;
import io.jnat.tun.SendFault;
import io.jnat.tun.UdpSockets;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** The tunnel's sockets on a {@link SimulatedNetwork}: one address, one port, one receiver. */
public final class SimulatedSockets implements UdpSockets {
    private static final int QUEUE_DATAGRAMS = 2048;
    private static final int QUEUE_BYTES = 4 << 20;

    private final SimulatedNetwork network;
    private final FrameQueue in = new FrameQueue(QUEUE_DATAGRAMS, QUEUE_BYTES);
    private final SimulatedReceiver receiver = new SimulatedReceiver(in, true, -1);
    private final List<Receiver> receivers = List.of(receiver);
    private final Slab sendBuffer = Slab.allocate(DatagramBatch.MAX_RUN_BYTES);
    private final Endpoint own = new Endpoint();
    private final AtomicLong sourceRefused = new AtomicLong();

    SimulatedSockets(SimulatedNetwork network, InetSocketAddress address) {
        this.network = network;
        own.set(address);
    }

    /**
     * Has another address from now on, as after a change of the access or a carrier-grade NAT that
     * forgot its mapping. What is sent to the old one vanishes.
     */
    void move(String host, int port) {
        synchronized (own) {
            own.set(new InetSocketAddress(host, port));
        }
    }

    boolean hasAddress(Endpoint to) {
        synchronized (own) {
            return own.low == to.low
                    && own.high == to.high
                    && own.port == to.port
                    && own.v6 == to.v6;
        }
    }

    void deliver(Packet datagram) {
        in.push(datagram);
        receiver.notifyReadable();
    }

    @Override
    public List<Receiver> receivers() {
        return receivers;
    }

    @Override
    public DatagramTransmitter newTransmitter(SourceRefused listener) {
        return batch -> transmit(batch, listener);
    }

    private int transmit(DatagramBatch batch, SourceRefused listener) {
        for (int run = 0; run < batch.runs; run++) {
            Endpoint to = batch.destination[run];
            if (!ownsLocal(to)) {
                sourceRefused.incrementAndGet();
                to.clearLocal();
                listener.forget(batch.runPeer[run]);
            }
            for (int at = 0; at < batch.runCount[run]; at++) {
                int datagram = batch.runFirst[run] + at;
                network.carry(
                        own,
                        to,
                        batch.address[datagram],
                        batch.length[datagram],
                        batch.runTos[run]);
            }
        }
        batch.clear();
        return 0;
    }

    /** Whether the local side of an endpoint is our address, or not set. */
    private boolean ownsLocal(Endpoint to) {
        synchronized (own) {
            return !to.hasLocal() || (to.localHigh == own.high && to.localLow == own.low);
        }
    }

    @Override
    public synchronized boolean send(byte[] datagram, Endpoint to, int tos) {
        if (!ownsLocal(to)) {
            sourceRefused.incrementAndGet();
            to.clearLocal();
        }
        Memory.copy(datagram, 0, sendBuffer.address(), datagram.length);
        network.carry(own, to, sendBuffer.address(), datagram.length, tos);
        return true;
    }

    @Override
    public int port() {
        synchronized (own) {
            return own.port;
        }
    }

    @Override
    public void mark(int mark) {}

    @Override
    public int mark() {
        return 0;
    }

    @Override
    public void reopen(int port) {
        synchronized (own) {
            own.port = port == 0 ? 1024 + own.port % 60_000 : port;
        }
    }

    @Override
    public long faults(SendFault fault) {
        return fault == SendFault.SOURCE_REFUSED ? sourceRefused.get() : 0;
    }

    @Override
    public List<Offload> offloads() {
        return List.of();
    }

    @Override
    public void close() {
        network.remove(this);
        in.release();
        sendBuffer.close();
    }
}
