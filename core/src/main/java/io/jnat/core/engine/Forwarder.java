package io.jnat.core.engine;

import io.jnat.core.offload.Coalescer;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropCounters;
import io.jnat.core.stat.DropReason;
import io.jnat.core.stat.LinkCounters;
import io.jnat.core.wire.PacketParser;
import org.jspecify.annotations.Nullable;

/**
 * The way of a packet. Everything that jnat does to traffic is called from here, in this order:
 *
 * <ol>
 *   <li><b>receive</b>: the thread's {@link Receiver} has filled the burst; the clock was read
 *       once.
 *   <li><b>open</b> (from the tunnel): decrypt in place; then, in the section, replay window,
 *       endpoint, timers, AllowedIPs.
 *   <li><b>coalesce</b> (from the tunnel): neighbouring segments of a flow become a super-frame
 *       again, so that everything up to step 6 is done once for all of them.
 *   <li><b>parse</b>: headers are checked once, and where they lie is written down.
 *   <li><b>track</b>: flow, rules, way out.
 *   <li><b>translate</b>: addresses, ports, checksums, MSS.
 *   <li><b>segment and seal</b> (into the tunnel): cut to the path's MTU, encrypt a whole burst.
 *   <li><b>transmit</b>: one UDP send a run, one TUN write a super-frame; what goes from device to
 *       device is coalesced for that.
 * </ol>
 *
 * <p>Steps 2b to 7a touch shared state and run in one {@link EngineSection} a burst; decrypting,
 * encrypting and system calls are outside of it. Every packet of a burst that is dropped goes
 * through {@link #drop}.
 *
 * <p>Owner: one engine thread; each has its own Forwarder. Allocates nothing.
 */
public final class Forwarder {
    private final EngineSection section;
    private final LargeFlows largeFlows;
    private final Tunnel tunnel;
    private final Policy policy;
    private final DatagramTransmitter sockets;
    private final @Nullable PacketTransmitter[] devices;
    private final int tunnelLink;
    private final TunnelEntry entry;
    private final Coalescer coalescer;
    private final DatagramBatch batch = new DatagramBatch();
    private final DropCounters drops = new DropCounters();
    private final LinkCounters traffic;
    private final BurstEmitter emitter = new BurstEmitter();

    /** Holds what a timer or a command makes; it receives nothing. */
    private final Burst idle = Burst.withoutReceiver();

    /**
     * Wires one engine thread's way.
     *
     * @param section shared with the other engine threads
     * @param largeFlows shared with them
     * @param tunnel this thread's view of the tunnel
     * @param policy shared
     * @param sockets this thread's sender
     * @param devices by link id; null at the tunnel's
     * @param tunnelLink the link that is the tunnel
     */
    public Forwarder(
            EngineSection section,
            LargeFlows largeFlows,
            Tunnel tunnel,
            Policy policy,
            DatagramTransmitter sockets,
            @Nullable PacketTransmitter[] devices,
            Link tunnelLink) {
        this.section = section;
        this.largeFlows = largeFlows;
        this.tunnel = tunnel;
        this.policy = policy;
        this.sockets = sockets;
        this.devices = devices;
        this.tunnelLink = tunnelLink.id();
        coalescer = new Coalescer(tunnelLink.id());
        entry = new TunnelEntry(tunnelLink, this::stage);
        traffic = new LinkCounters(devices.length);
    }

    /** Steps 2 to 8 for a burst that a receiver has filled. */
    public void forwardBurst(Burst burst) {
        if (burst.sealed) {
            tunnel.open(burst);
        }
        section.enter();
        try {
            if (burst.sealed) {
                tunnel.accept(burst);
                coalescer.coalesce(burst);
            }
            decide(burst);
        } finally {
            section.leave();
        }
        transmit(burst);
    }

    /** Step 2a alone, for packets that may then overtake others. */
    void open(Burst burst) {
        tunnel.open(burst);
    }

    LargeFlows largeFlows() {
        return largeFlows;
    }

    /** Keeps in the processor's caches what the next packet needs. */
    void keepWarm() {
        tunnel.keepWarm();
    }

    /** Runs what timers have due, and sends what comes of it. Main engine thread. */
    public void onTimer(long nowNanos) {
        idle.reset(nowNanos);
        section.enter();
        try {
            emitter.into(idle);
            policy.onTimer(emitter, nowNanos);
            stageAll(idle);
            tunnel.onTimer(batch, nowNanos);
        } finally {
            section.leave();
        }
        transmit(idle);
    }

    /** When {@link #onTimer} is due next. */
    public long nextDeadlineNanos(long nowNanos) {
        section.enter();
        try {
            long tunnelNanos = tunnel.nextDeadlineNanos(nowNanos);
            long policyNanos = policy.nextDeadlineNanos(nowNanos);
            return tunnelNanos - policyNanos < 0 ? tunnelNanos : policyNanos;
        } finally {
            section.leave();
        }
    }

    /** Steps 4 to 7a; in the section. */
    private void decide(Burst burst) {
        emitter.into(burst);
        int received = burst.count;
        for (int at = 0; at < received; at++) {
            Packet packet = burst.packets[at];
            if (packet.verdict != Packet.FORWARD) {
                continue;
            }
            DropReason malformed = PacketParser.parse(packet);
            if (malformed != null) {
                packet.drop(malformed);
                continue;
            }
            traffic.received(packet.inLink, packet.segments(), packet.length);
            if (burst.sealed) {
                largeFlows.note(packet, burst.nowNanos);
            }
            policy.track(packet, emitter, burst.nowNanos);
            if (packet.verdict == Packet.FORWARD) {
                policy.translate(packet, burst.nowNanos);
            }
        }
        stageAll(burst);
    }

    /** Step 7a for all that goes into the tunnel, in order; in the section. */
    private void stageAll(Burst burst) {
        for (int at = 0; at < burst.count; at++) {
            Packet packet = burst.packets[at];
            if (packet.verdict == Packet.FORWARD && packet.outLink == tunnelLink) {
                enterTunnel(packet, burst);
            }
        }
    }

    private void enterTunnel(Packet packet, Burst burst) {
        int segments = packet.segments();
        int bytes = packet.length;
        if (packet.measuresPath) {
            measurePath(packet, burst.nowNanos);
            return;
        }
        DropReason reason = entry.enter(packet, burst);
        if (reason == null) {
            traffic.sent(tunnelLink, segments, bytes);
        } else {
            countPartlySent(packet, segments, bytes);
            packet.drop(reason);
            policy.undeliverable(packet, reason, emitter, burst.nowNanos);
        }
    }

    /** Sends it in a batch of its own. Where that can't be, whoever measures tries again. */
    private void measurePath(Packet packet, long nowNanos) {
        flush();
        if (stage(packet, nowNanos) == null) {
            traffic.sent(tunnelLink, 1, packet.length);
            batch.dontFragment = true;
            flush();
        } else {
            packet.verdict = Packet.TAKEN;
        }
    }

    private @Nullable DropReason stage(Packet packet, long nowNanos) {
        if (!tunnel.room(packet, batch)) {
            flush();
            if (!tunnel.room(packet, batch)) {
                return DropReason.BAD_SUPER_FRAME; // long headers, in front of many segments
            }
        }
        return tunnel.stage(packet, batch, nowNanos);
    }

    /** Steps 7b and 8; outside the section. */
    private void transmit(Burst burst) {
        flush();
        if (!burst.sealed) {
            coalescer.coalesce(burst);
        }
        for (int at = 0; at < burst.count; at++) {
            Packet packet = burst.packets[at];
            if (packet.verdict == Packet.FORWARD && packet.outLink != tunnelLink) {
                PacketTransmitter device = devices[packet.outLink];
                int segments = packet.segments();
                int bytes = packet.length;
                DropReason lost = device == null ? DropReason.DEVICE_DOWN : device.transmit(packet);
                if (lost != null) {
                    countPartlySent(packet, segments, bytes);
                    packet.drop(lost);
                } else {
                    traffic.sent(packet.outLink, packet.segments(), packet.length);
                }
            }
            if (packet.verdict == Packet.DROP) {
                drop(packet);
            }
        }
    }

    /** What was sent of a super-frame of which the rest is lost. */
    private void countPartlySent(Packet rest, int segments, int bytes) {
        if (rest.length < bytes) {
            traffic.sent(rest.outLink, segments - rest.segments(), bytes - rest.length);
        }
    }

    private void flush() {
        if (batch.count > 0) {
            try {
                tunnel.seal(batch);
                int lost = sockets.transmit(batch);
                if (lost > 0) {
                    drops.add(DropReason.TUNNEL_SEND_FAILED, lost);
                }
            } finally {
                batch.clear(); // after a fault too: sealing it again would uncover what is sealed
            }
        }
    }

    /** The one place where a packet ends that is not sent. */
    private void drop(Packet packet) {
        DropReason reason = packet.dropReason;
        drops.add(reason == null ? DropReason.NOT_ALLOWED : reason, packet.segments());
    }

    /** This thread's drops; any thread may read. */
    public DropCounters drops() {
        return drops;
    }

    /** This thread's traffic by link; any thread may read. */
    LinkCounters traffic() {
        return traffic;
    }

    /** Frees the memory; after the thread has ended. */
    public void release() {
        batch.release();
        entry.release();
        idle.release();
    }

    /** Puts what a policy makes at the end of the burst that is being worked on. */
    private final class BurstEmitter implements Emitter {
        private Burst burst = idle;

        void into(Burst current) {
            burst = current;
        }

        @Override
        public @Nullable Packet make(int bytes) {
            long address = burst.make(bytes);
            Packet packet = address == 0 ? null : burst.append(address, bytes);
            if (packet == null) {
                drops.add(DropReason.BURST_FULL, 1);
                return null;
            }
            packet.verdict = Packet.TAKEN;
            return packet;
        }

        @Override
        public void emit(Packet packet) {
            packet.verdict = Packet.FORWARD;
        }
    }
}
