package io.jnat.bench;

import io.jnat.bench.path.Frames;
import io.jnat.bench.path.SimulatedPair;
import io.jnat.core.engine.Emitter;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.PacketParser;
import io.jnat.core.wire.Protocol;
import io.jnat.core.wire.Udp;
import io.jnat.nat.NatCapacity;
import io.jnat.nat.NatCommand;
import io.jnat.nat.NatPolicy;
import io.jnat.nat.flow.FlowTimeouts;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.PortRange;
import io.jnat.nat.rule.RuleSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Steps 4 to 6 on a relay, one voice packet from the internet to a forwarded port: what the engine
 * itself costs, without cipher and kernel.
 */
public class NatBench extends StageBench {
    private static final int SLOT_BYTES = 256;
    private static final int VOICE_BYTES = 172;
    private static final int HEADER_BYTES = 64;
    private static final int RELAY = Ipv4Prefix.parseAddress(SimulatedPair.RELAY);
    private static final int CLIENT = Ipv4Prefix.parseAddress(SimulatedPair.CLIENT);
    private static final int STRANGERS = Ipv4Prefix.parseAddress("203.0.112.0");
    private static final int TTL = 64;
    private static final int FORWARDED_PORT = 50_000;
    private static final int FIRST_CLIENT_PORT = 1024;
    private static final int CLIENT_PORTS = 32_768;

    /** So that as many new flows pass before one is idle for 300 s as the table has room for. */
    private static final int FLOWS_A_SECOND = 150;

    /** Flows in the table. */
    @Param({"64", "65536"})
    int flows;

    private final Packet packet = new Packet();
    private final Emitter nobody =
            new Emitter() {
                @Override
                public @Nullable Packet make(int bytes) {
                    return null;
                }

                @Override
                public void emit(Packet emitted) {}
            };
    private NatPolicy policy = new NatPolicy(NatCapacity.of(16, 1));
    private Slab packets = Slab.allocate(1);
    private Slab work = Slab.allocate(1);
    private long nowNanos = 1_000_000_000L;
    private int next;
    private int opened;

    /** For JMH. */
    public NatBench() {}

    /** A relay whose table holds the flows, and the packet of each. */
    @Setup
    public void open() {
        policy.release();
        policy = new NatPolicy(NatCapacity.of(flows + 65_536, 42));
        new NatCommand.ApplyRules(policy, RuleSet.compile(relay()), new CompletableFuture<>())
                .apply(nowNanos);
        packets = Slab.allocate(flows * SLOT_BYTES);
        work = Slab.allocate(2 * SLOT_BYTES);
        for (int at = 0; at < flows; at++) {
            // Far apart in the table, as flows of strangers are.
            int flow = (int) (at * 2_654_435_761L % flows + flows) % flows;
            Frames.udp(packets.address() + (long) at * SLOT_BYTES, flow(flow), VOICE_BYTES);
        }
        for (int at = 0; at < flows; at++) {
            hit();
        }
    }

    private static Frames.Flow flow(int number) {
        return new Frames.Flow(
                CLIENT + 256 * (number / CLIENT_PORTS),
                FIRST_CLIENT_PORT + number % CLIENT_PORTS,
                RELAY,
                FORWARDED_PORT);
    }

    private static NatConfig relay() {
        Link wan = new Link(0, "wan", Zone.WAN, 1500);
        Link tunnel = new Link(1, "tunnel", Zone.TUNNEL, 1420);
        return NatConfig.of(
                        List.of(
                                new NatConfig.LinkSetup(wan, List.of(RELAY), List.of()),
                                new NatConfig.LinkSetup(tunnel, List.of(), List.of())),
                        Ipv4Prefix.parseAddress("10.99.0.1"),
                        Ipv4Prefix.parse("10.99.0.0/24"))
                .withRules(
                        List.of(
                                new NatConfig.Site(
                                        0, "site", List.of(Ipv4Prefix.parse("192.168.20.0/24")))),
                        List.of(
                                new NatConfig.Forward(
                                        "voice",
                                        new PortRange(Protocol.UDP, FORWARDED_PORT, FORWARDED_PORT),
                                        0,
                                        List.of(),
                                        0,
                                        Ipv4Prefix.parseAddress(SimulatedPair.RADIO),
                                        FORWARDED_PORT + 1,
                                        false)),
                        List.of(),
                        List.of(),
                        NatConfig.Others.KERNEL)
                .withLimits(
                        FlowTimeouts.DEFAULTS, NatConfig.ENGINE_PORTS, List.of(), 1 << 22, false);
    }

    /** Frees the memory. */
    @TearDown
    public void free() {
        policy.release();
        packets.close();
        work.close();
    }

    private void receive(long from) {
        long to = work.address() + 64;
        Memory.copy(from, to, HEADER_BYTES);
        packet.reset(to, Frames.UDP_HEADERS + VOICE_BYTES);
        packet.inLink = 0;
    }

    private void forward() {
        DropReason malformed = PacketParser.parse(packet);
        policy.track(packet, nobody, nowNanos);
        if (malformed != null || packet.verdict != Packet.FORWARD) {
            throw new IllegalStateException(malformed + " " + packet.dropReason);
        }
        policy.translate(packet, nowNanos);
    }

    /** A packet of a known flow: parse, find, translate. Each time another flow of the table. */
    @Benchmark
    public int hit() {
        receive(packets.address() + (long) next * SLOT_BYTES);
        next = next + 1 == flows ? 0 : next + 1;
        forward();
        return packet.outLink;
    }

    /** A packet's way through translation alone, for a known flow. */
    @Benchmark
    public int translate() {
        if (packet.flow <= 0) {
            hit();
        }
        policy.translate(packet, nowNanos);
        return packet.outLink;
    }

    /**
     * The first packet of a flow: judged by the rules, put into the table; and an old flow's end.
     */
    @Benchmark
    public int miss() {
        opened++;
        if (opened % FLOWS_A_SECOND == 0) {
            nowNanos += 1_000_000_000L;
            policy.onTimer(nobody, nowNanos);
        }
        long at = work.address() + SLOT_BYTES;
        int bytes = Frames.UDP_HEADERS + VOICE_BYTES - HEADER_BYTES;
        writeStranger(at, opened, bytes);
        receive(at);
        packet.length = bytes;
        forward();
        return packet.outLink;
    }

    /**
     * A datagram without checksum, from an endpoint that comes again only after more flows than the
     * table holds.
     */
    private static void writeStranger(long ip, int number, int bytes) {
        int client = STRANGERS + (number >>> 15 & 0x1ff);
        Ipv4.write(ip, 0, bytes, TTL, Protocol.UDP, client, RELAY);
        Udp.write(
                ip + Ipv4.MIN_HEADER_BYTES,
                FIRST_CLIENT_PORT + number % CLIENT_PORTS,
                FORWARDED_PORT,
                bytes - Ipv4.MIN_HEADER_BYTES);
    }
}
