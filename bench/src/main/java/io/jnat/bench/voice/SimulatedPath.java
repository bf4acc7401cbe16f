package io.jnat.bench.voice;

import io.jnat.bench.path.Frames;
import io.jnat.bench.path.SimulatedPair;
import io.jnat.core.engine.PacketTransmitter;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.tun.sim.SimulatedDevice;
import io.jnat.wireguard.crypto.vector.CipherChoice;
import io.jnat.wireguard.crypto.vector.CipherStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Calls through a relay and a router in this process, with engine threads, NAT and WireGuard, on
 * simulated links. A packet has arrived when the engine writes it to its device. What the kernel
 * costs (TUN devices, sockets, wake-ups of receivers) is not in it.
 */
public final class SimulatedPath implements CallPath {
    /** What a call's packet carries at most: what is longer is cut, for nothing fragments here. */
    public static final int MOST_VOICE_BYTES = 1372;

    private static final int FIRST_CLIENT_PORT = 20_000;
    private static final int BULK_CLIENT_PORT = 19_999;
    private static final int BULK_PORT = SimulatedPair.LAST_PORT;
    private static final int SEGMENT_BYTES = 1380;
    private static final int SEGMENTS = 44;
    private static final int TRAIN_BYTES = SEGMENT_BYTES * SEGMENTS;

    /** Bytes on their way at most, as a window has it. */
    private static final long WINDOW_BYTES = 16L * TRAIN_BYTES;

    /** When nothing has arrived for so long, what was on its way is lost. */
    private static final long LOST_NANOS = 5_000_000;

    private static final int ROOM_BYTES = 2048;

    private final SimulatedPair pair;
    private final List<String> faults = new ArrayList<>();
    private final Slab memory = Slab.allocate(2 * ROOM_BYTES);
    private final Packet outgoing = new Packet();
    private final AtomicLong bulkArrivedBytes = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private volatile @Nullable Recorder recorder;

    /** Starts both ends. */
    public SimulatedPath(CipherChoice cipher) {
        pair = SimulatedPair.running(cipher, this::tap, this::tap, this::note);
    }

    private synchronized void note(String where, Throwable fault) {
        faults.add(where + ": " + fault);
    }

    /** Stands in for a device: looks at the packet, and lets it end here. */
    private PacketTransmitter tap(PacketTransmitter ignored) {
        return packet -> {
            arrived(packet);
            return null;
        };
    }

    /** Owner: the engine thread of the end that the packet left by. */
    private void arrived(Packet packet) {
        if (packet.sourcePort == BULK_CLIENT_PORT || packet.destinationPort == BULK_CLIENT_PORT) {
            bulkArrivedBytes.addAndGet(packet.length - Frames.UDP_HEADERS);
            return;
        }
        Recorder recording = recorder;
        if (recording == null) {
            return;
        }
        int step = packet.gsoSize == 0 ? packet.length : packet.gsoSize;
        long end = packet.address + packet.length;
        for (long at = Frames.udpPayload(packet.address);
                at + VoicePacket.BYTES <= end;
                at += step) {
            recording.arrived(
                    Memory.getInt(at + VoicePacket.RUN),
                    Memory.getShort(at + VoicePacket.CALL),
                    Memory.getShort(at + VoicePacket.DIRECTION),
                    Memory.getInt(at + VoicePacket.SEQUENCE),
                    Memory.getLong(at + VoicePacket.DUE),
                    System.nanoTime());
        }
    }

    /**
     * Waits until packets cross both ways and the ciphers are compiled.
     *
     * @throws IOException when that does not happen within the limit
     */
    public void awaitSteady(Timetable timetable, Duration limit) throws IOException {
        long startNanos = System.nanoTime();
        while (true) {
            Recorder trial = new Recorder(timetable, 0, Standstills.unwatched());
            recorder = trial;
            for (Direction direction : Direction.values()) {
                for (int call = 0; call < timetable.calls(); call++) {
                    send(0, call, direction, 0, System.nanoTime(), VoicePacket.BYTES);
                }
            }
            LockSupport.parkNanos(50_000_000);
            if (pair.settled() && trial.count() >= 2L * timetable.calls()) {
                recorder = null;
                return;
            }
            if (System.nanoTime() - startNanos > limit.toNanos()) {
                throw new IOException("nothing crosses the tunnel; " + drops());
            }
        }
    }

    @Override
    public void start(Recorder next) {
        recorder = next;
    }

    @Override
    public void send(
            int run, int call, Direction direction, int sequence, long dueNanos, int bytes) {
        int payload = Math.min(bytes, MOST_VOICE_BYTES);
        long ip = memory.address() + 64;
        long at = Frames.udpPayload(ip);
        Memory.putInt(at + VoicePacket.RUN, run);
        Memory.putShort(at + VoicePacket.CALL, call);
        Memory.putShort(at + VoicePacket.DIRECTION, direction.ordinal());
        Memory.putInt(at + VoicePacket.SEQUENCE, sequence);
        Memory.putLong(at + VoicePacket.DUE, dueNanos);
        int port = SimulatedPair.FIRST_PORT + call;
        int clientPort = FIRST_CLIENT_PORT + call;
        if (direction == Direction.TO_SITE) {
            outgoing.reset(ip, Frames.udp(ip, SimulatedPair.toSite(clientPort, port), payload));
            inject(pair.relay().device());
        } else {
            outgoing.reset(ip, Frames.udp(ip, SimulatedPair.fromSite(port, clientPort), payload));
            inject(pair.router().device());
        }
    }

    private void inject(SimulatedDevice device) {
        if (!device.inject(outgoing)) {
            refused.incrementAndGet();
        }
    }

    @Override
    public void stop() {
        recorder = null;
    }

    /** A transfer that sends as fast as what it sent before arrives. */
    public Bulk bulk(Direction direction) {
        return new Bulk(direction);
    }

    /** The cipher in use, and why. */
    public String cipher() {
        CipherStatus status = pair.relay().wireguard().cipherStatus();
        return status.name() + " (" + status.reason() + ")";
    }

    /** Where packets have ended since the start, for people. */
    public String drops() {
        return "relay: "
                + pair.relay().drops()
                + "; router: "
                + pair.router().drops()
                + "; queues of devices were full: "
                + refused
                + "; faults: "
                + faults();
    }

    /** What the engines had to catch; nothing, in a healthy run. */
    synchronized List<String> faults() {
        return List.copyOf(faults);
    }

    @Override
    public void close() {
        pair.close();
        memory.close();
    }

    /** UDP super-frames under a fixed window, through the same tunnel. */
    public final class Bulk implements BulkTransfer {
        private final Thread thread;
        private final long startNanos = System.nanoTime();
        private final long startBytes = bulkArrivedBytes.get();
        private volatile boolean ended;

        private Bulk(Direction direction) {
            thread = Thread.ofPlatform().daemon().name("bulk").start(() -> send(direction));
        }

        private void send(Direction direction) {
            boolean toSite = direction == Direction.TO_SITE;
            SimulatedDevice device = (toSite ? pair.relay() : pair.router()).device();
            Frames.Flow flow =
                    toSite
                            ? SimulatedPair.toSite(BULK_CLIENT_PORT, BULK_PORT)
                            : SimulatedPair.fromSite(BULK_PORT, BULK_CLIENT_PORT);
            Packet train = new Packet();
            try (Slab bytes = Slab.allocate(128 * 1024)) {
                long sentBytes = bulkArrivedBytes.get();
                long sentNanos = System.nanoTime();
                while (!ended) {
                    if (sentBytes - bulkArrivedBytes.get() > WINDOW_BYTES) {
                        if (System.nanoTime() - sentNanos > LOST_NANOS) {
                            sentBytes = bulkArrivedBytes.get();
                        }
                        LockSupport.parkNanos(20_000);
                        continue;
                    }
                    Frames.udpTrain(train, bytes.address() + 64, flow, SEGMENT_BYTES, SEGMENTS);
                    if (device.inject(train)) {
                        sentBytes += TRAIN_BYTES;
                        sentNanos = System.nanoTime();
                    } else {
                        LockSupport.parkNanos(20_000);
                    }
                }
            }
        }

        @Override
        public double bitsPerSecond() {
            long nanos = System.nanoTime() - startNanos;
            return 8e9 * (bulkArrivedBytes.get() - startBytes) / nanos;
        }

        @Override
        public void close() {
            ended = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
