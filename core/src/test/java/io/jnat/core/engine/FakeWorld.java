package io.jnat.core.engine;

import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.time.Clock;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Protocol;
import io.jnat.core.wire.Udp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * An engine between a device (link 0), another device (link 1) and a tunnel without encryption
 * (link 2), with a policy that sends everything from the tunnel to link 0 and everything from a
 * device to link 1.
 */
final class FakeWorld {
    static final int TUNNEL = 2;
    static final int HEADERS = 28;

    static final int OTHERS = 1 << 28;

    /** Workers are woken for steps that follow closely, also where this world turns slowly. */
    static final Clock SLOW_CLOCK = () -> System.nanoTime() / 50;

    /** Of a packet that is no call's. */
    private static final int LARGE_BYTES = LargeFlows.SMALL_BYTES + 100;

    /** More than this machine may have cores. */
    static final int WORKERS = 5;

    private static final long WORKERS_TURN_NANOS = 200_000;

    final FakeReadySet.Board board = new FakeReadySet.Board();
    final NumberedSource device = new NumberedSource(0, false);
    final NumberedSource socket = new NumberedSource(1, true);

    /** Its numbers begin at {@link #OTHERS}. */
    final NumberedSource otherSocket = new NumberedSource(2, true);

    final List<Integer> sentByLink0 = new ArrayList<>();
    final List<Integer> sentByLink1 = new ArrayList<>();
    final List<String> faults = new ArrayList<>();
    volatile boolean logFails;
    final AtomicInteger timerRuns = new AtomicInteger();
    final AtomicInteger warmTurns = new AtomicInteger();

    /** Packets that another thread sent than the one that had received them. */
    final AtomicInteger handOvers = new AtomicInteger();

    /** The engine's. */
    Clock clock = System::nanoTime;

    volatile long timerAtNanos = Long.MAX_VALUE;
    volatile int explodeAt = -1;
    final AtomicBoolean explodeInWorker = new AtomicBoolean();
    final AtomicInteger partsOfWorkers = new AtomicInteger();
    final EngineSection section = new EngineSection(true);
    private final LargeFlows largeFlows = new LargeFlows();

    Engine engine(Layout layout) {
        return new Engine(
                layout,
                layout == Layout.MORE ? WORKERS : 0,
                clock,
                section,
                runner ->
                        new Forwarder(
                                section,
                                largeFlows,
                                new ParallelTunnel(runner),
                                new FixedPolicy(),
                                batch -> 0,
                                new @Nullable PacketTransmitter[] {
                                    packet -> sent(sentByLink0, socketOf(packet), packet),
                                    packet -> sent(sentByLink1, device, packet),
                                    null
                                },
                                new Link(TUNNEL, "tunnel", Zone.TUNNEL, 1420)),
                () -> new FakeReadySet(board),
                List.of(device),
                List.of(socket, otherSocket),
                (where, fault) -> {
                    if (logFails) {
                        throw new IllegalStateException("no memory to say so");
                    }
                    synchronized (faults) {
                        faults.add(where + ": " + fault.getMessage());
                    }
                });
    }

    private NumberedSource socketOf(Packet packet) {
        return Memory.getInt(packet.address + HEADERS) < OTHERS ? socket : otherSocket;
    }

    private @Nullable DropReason sent(List<Integer> to, NumberedSource from, Packet packet) {
        int number = Memory.getInt(packet.address + HEADERS);
        if (!Thread.currentThread().equals(from.receivers.remove(number))) {
            handOvers.incrementAndGet();
        }
        synchronized (to) {
            to.add(number);
        }
        return null;
    }

    /** Gives bursts of numbered UDP packets as long as there are some. */
    final class NumberedSource implements Receiver {
        private final int fileDescriptor;
        private final boolean sealed;
        private final List<Integer> sizes = new ArrayList<>();
        private final Map<Integer, Thread> receivers = new ConcurrentHashMap<>();
        private int next;

        /** Packets of a burst that is there again and again: one of a call, and bulk. */
        private volatile int flood;

        NumberedSource(int fileDescriptor, boolean sealed) {
            this.fileDescriptor = fileDescriptor;
            this.sealed = sealed;
            next = fileDescriptor < 2 ? 0 : OTHERS;
        }

        /** Bursts without end; 0 ends them. */
        void flood(int packets) {
            flood = packets;
            board.set(fileDescriptor, packets > 0);
        }

        void offer(int packets) {
            synchronized (sizes) {
                sizes.add(packets);
                board.set(fileDescriptor, true);
            }
        }

        @Override
        public int[] fileDescriptors() {
            return new int[] {fileDescriptor};
        }

        @Override
        public boolean receive(Burst burst, long readable) {
            int packets = flood;
            synchronized (sizes) {
                if (packets > 0) {
                    sizes.add(packets);
                }
                if (sizes.isEmpty()) {
                    return false;
                }
                packets = sizes.removeFirst();
                if (sizes.isEmpty() && flood == 0) {
                    board.set(fileDescriptor, false);
                }
            }
            burst.sealed = sealed;
            for (int at = 0; at < packets; at++) {
                long address = burst.in.address() + 64 + at * (flood > 0 ? 1024L : 128L);
                receivers.put(next, Thread.currentThread());
                boolean large = flood > 0 && at > 0;
                int bytes = large ? LARGE_BYTES : HEADERS + 4;
                writeUdp(address, bytes, large ? 5061 : 5060, sealed ? ~next++ : next++);
                Packet packet = burst.append(address, bytes);
                if (packet != null) {
                    packet.inLink = 0;
                }
            }
            return true;
        }
    }

    /** A UDP datagram without checksum that carries a number. */
    private static void writeUdp(long address, int bytes, int port, int number) {
        Ipv4.write(address, 0, bytes, 64, Protocol.UDP, 0xc633_6402, 0xc0a8_141f);
        long udp = address + Ipv4.MIN_HEADER_BYTES;
        Udp.write(udp, 4000, port, bytes - Ipv4.MIN_HEADER_BYTES);
        Memory.putInt(address + HEADERS, number);
    }

    /** Does not encrypt, but lets a burst's packets go through the hands of all workers. */
    private final class ParallelTunnel extends PlainTunnel {
        private final StepRunner runner;
        private final PacketStep step = this::openPart;
        private final int[] lengths = new int[Burst.MAX_PACKETS];
        private Burst opened = new Burst();

        ParallelTunnel(StepRunner runner) {
            super(TUNNEL);
            this.runner = runner;
        }

        @Override
        public void open(Burst burst) {
            opened = burst;
            for (int at = 0; at < burst.count; at++) {
                lengths[at] = burst.packets[at].length;
            }
            runner.run(step, lengths, burst.count);
        }

        @Override
        public void keepWarm() {
            warmTurns.incrementAndGet();
        }

        /** Where there is much else to do, a worker that is awake may never find a part left. */
        private boolean wantsWorker() {
            return partsOfWorkers.get() == 0 || explodeInWorker.get();
        }

        private void openPart(int worker, int first, int count) {
            if (worker > 0) {
                partsOfWorkers.incrementAndGet();
                if (explodeInWorker.compareAndSet(true, false)) { // one part of one burst
                    throw new IllegalStateException("as the test asked");
                }
            } else if (count < opened.count && wantsWorker()) {
                LockSupport.parkNanos(WORKERS_TURN_NANOS);
            }
            for (int at = first; at < first + count; at++) {
                Packet packet = opened.packets[at];
                if (packet.verdict == Packet.FORWARD && !packet.opened) {
                    // "encrypted" by the sender: complemented
                    long number = packet.address + HEADERS;
                    Memory.putInt(number, ~Memory.getInt(number));
                    packet.opened = true;
                }
            }
        }
    }

    private final class FixedPolicy extends PlainPolicy {
        @Override
        public void track(Packet packet, Emitter emitter, long nowNanos) {
            if (Memory.getInt(packet.address + HEADERS) == explodeAt) {
                explodeAt = -1;
                throw new IllegalStateException("as the test asked");
            }
            packet.outLink = packet.inLink == TUNNEL ? 0 : 1;
        }

        @Override
        public void onTimer(Emitter emitter, long nowNanos) {
            timerRuns.incrementAndGet();
            timerAtNanos = Long.MAX_VALUE;
        }

        @Override
        public long nextDeadlineNanos(long nowNanos) {
            return timerAtNanos == Long.MAX_VALUE ? nowNanos + DAY_NANOS : timerAtNanos;
        }
    }
}
