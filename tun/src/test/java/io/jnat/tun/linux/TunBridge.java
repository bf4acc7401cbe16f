package io.jnat.tun.linux;

import io.jnat.core.engine.PacketTransmitter;
import io.jnat.core.engine.ReadySet;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.PacketParser;
import io.jnat.tun.TunDevice;
import java.io.IOException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Carries packets between two TUN devices, super-frames and all, on a thread of its own: two real
 * stacks then talk through nothing but our code. Counts what it carries.
 */
final class TunBridge implements AutoCloseable {
    final AtomicLong packets = new AtomicLong();
    final AtomicLong tcpSuperFrames = new AtomicLong();
    final AtomicLong udpSuperFrames = new AtomicLong();
    final ConcurrentHashMap<DropReason, Long> drops = new ConcurrentHashMap<>();

    private final TunDevice[] devices;
    private final PacketTransmitter[] transmitters;
    private final ReadySet ready;
    private final Thread thread;
    private volatile boolean stopping;

    TunBridge(TunDevice one, TunDevice other) throws IOException {
        devices = new TunDevice[] {one, other};
        transmitters = new PacketTransmitter[] {one.newTransmitter(), other.newTransmitter()};
        ready = Linux.openReadySet();
        ready.watch(one.fileDescriptors(), 0);
        ready.watch(other.fileDescriptors(), 1);
        thread = new Thread(this::carry, "bridge");
        thread.start();
    }

    private void carry() {
        Burst burst = new Burst();
        while (!stopping) {
            long readable = ready.await(System.nanoTime(), -1);
            for (int at = 0; at < devices.length; at++) {
                burst.reset(0);
                if ((readable >>> at & 1) != 0 && devices[at].receive(burst, ready.readable(at))) {
                    pass(burst, transmitters[1 - at]);
                }
            }
        }
        burst.release();
    }

    private void pass(Burst burst, PacketTransmitter to) {
        for (int at = 0; at < burst.count; at++) {
            Packet packet = burst.packets[at];
            DropReason lost = packet.dropReason;
            if (lost == null) {
                lost = PacketParser.parse(packet);
            }
            if (lost == null) {
                count(packet); // before it is written: whoever gets it may look at once
                lost = to.transmit(packet);
            }
            if (lost != null) {
                drops.merge(lost, 1L, Long::sum);
            }
        }
    }

    private void count(Packet packet) {
        packets.incrementAndGet();
        if (packet.gsoSize != 0) {
            boolean udp = packet.gsoType == Packet.GSO_UDP;
            (udp ? udpSuperFrames : tcpSuperFrames).incrementAndGet();
        }
    }

    @Override
    public void close() {
        stopping = true;
        ready.wake();
        try {
            thread.join(5_000);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        ready.close();
    }
}
