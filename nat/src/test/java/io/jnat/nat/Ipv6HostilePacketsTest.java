package io.jnat.nat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.jnat.core.engine.Zone;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.Ipv6Config;
import io.jnat.nat.rule.Ipv6Config.Allow;
import io.jnat.nat.rule.Ipv6Config.Capture;
import io.jnat.nat.rule.Ipv6Config.OwnAddress;
import io.jnat.nat.rule.Ipv6Prefix;
import io.jnat.nat.rule.Lifetime;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.NatConfig.Action;
import io.jnat.nat.rule.PortRange;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random and mutated IPv6 packets from every side, full tables, and what a packet allocates. */
final class Ipv6HostilePacketsTest {
    private static final int ROUNDS = 150_000;
    private static final String CLIENT = "2001:db8:ffff::7";
    private static final String DEVICE = "2001:db8:1::31";

    private static NatConfig config(TranslatorBench bench) {
        Ipv6Prefix site = Ipv6Prefix.parse("2001:db8:1::/48");
        return NatConfig.of(
                        List.of(
                                new NatConfig.LinkSetup(bench.wan, List.of(), List.of()),
                                new NatConfig.LinkSetup(bench.tunnel, List.of(), List.of()),
                                new NatConfig.LinkSetup(bench.lan, List.of(), List.of())),
                        Wire.ip("10.99.0.1"),
                        Ipv4Prefix.parse("10.99.0.0/24"))
                .withIpv6(
                        new Ipv6Config(
                                List.of(new OwnAddress(0, site.high(), 1)),
                                List.of(new Ipv6Config.Site(0, List.of(site))),
                                List.of(new Capture("all", List.of(site), Lifetime.DEVICE_ONLY)),
                                List.of(
                                        new Allow(
                                                "forward voice",
                                                Zone.WAN,
                                                List.of(),
                                                List.of(site),
                                                List.of(new PortRange(Protocol.UDP, 5000, 60000)),
                                                Action.ACCEPT,
                                                Lifetime.BOTH_SIDES),
                                        new Allow(
                                                "reset",
                                                Zone.WAN,
                                                List.of(),
                                                List.of(),
                                                List.of(),
                                                Action.RESET,
                                                Lifetime.BOTH_SIDES))));
    }

    private static List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        byte[] udp = WireIpv6.udp(DEVICE, 5000, CLIENT, 53, 20);
        seeds.add(udp);
        seeds.add(WireIpv6.udp(CLIENT, 4000, DEVICE, 5193, 20));
        seeds.add(WireIpv6.tcp(DEVICE, 5000, CLIENT, 443, Wire.SYN, 0, 1440));
        seeds.add(WireIpv6.tcp(CLIENT, 443, DEVICE, 5000, Wire.SYN | Wire.ACK, 0, 1440));
        seeds.add(WireIpv6.echo(DEVICE, CLIENT, 5, true, 20));
        seeds.add(WireIpv6.error("2001:db8:bbbb::1", DEVICE, 2, 0, 1300, udp, 68));
        byte[] chain = WireIpv6.withExtension(udp, 60, WireIpv6.options());
        chain = WireIpv6.withExtension(chain, 43, WireIpv6.routing(2, 0));
        seeds.add(WireIpv6.withExtension(chain, 0, WireIpv6.options()));
        seeds.add(WireIpv6.error("2001:db8:bbbb::1", DEVICE, 1, 0, 0, chain, 200));
        seeds.add(WireIpv6.raw(DEVICE, CLIENT, 132, Wire.payload(30)));
        for (byte[] piece :
                WireIpv6.fragments(WireIpv6.udp(CLIENT, 4000, DEVICE, 5193, 500), 200, 77)) {
            seeds.add(piece);
        }
        return seeds;
    }

    @Test
    void mutatedPacketsFromEverySideAreSurvived() {
        SplittableRandom random = new SplittableRandom(66);
        List<byte[]> seeds = seeds();
        try (TranslatorBench bench = new TranslatorBench(new NatCapacity(300, 200, 16, 2048, 1))) {
            HostileTraffic.assertSurvives(
                    bench, config(bench), ROUNDS, random, () -> hostile(bench, seeds, random));
        }
    }

    private static Packet hostile(
            TranslatorBench bench, List<byte[]> seeds, SplittableRandom random) {
        byte[] bytes = HostileTraffic.mutate(seeds.get(random.nextInt(seeds.size())), random);
        if (bytes.length >= 40 && random.nextInt(8) != 0) {
            bytes[0] = 0x60;
            Wire.put16(bytes, 4, bytes.length - 40);
        }
        Packet packet = bench.load(bytes, random.nextInt(3), random.nextInt(3) - 1);
        if (random.nextInt(20) == 0) {
            packet.gsoType = random.nextInt(6);
            packet.gsoSize = random.nextInt(100);
            packet.needsChecksum = true;
            packet.checksumStart = 40;
            packet.checksumOffset = random.nextBoolean() ? 6 : 16;
        }
        return packet;
    }

    @Test
    @Tag("N52")
    void floodFromOneNetworkStarvesNobody() {
        try (TranslatorBench bench = new TranslatorBench(new NatCapacity(256, 200, 64, 2048, 1))) {
            NatConfig config = config(bench);
            bench.apply(
                    config.withLimits(
                            config.timeouts(),
                            config.enginePorts(),
                            config.keptPorts(),
                            10,
                            false));
            int accepted = 0;
            for (int at = 0; at < 1000; at++) {
                String from = "2001:db8:ffff:66::" + Integer.toHexString(at + 1);
                accepted +=
                        bench.fromWan(WireIpv6.udp(from, 4000, DEVICE, 5193, 9)) == null ? 0 : 1;
            }
            assertEquals(10, accepted);
            assertEquals(DropReason.FLOW_LIMIT, bench.dropped);
            assertEquals(10, bench.report().flows());
            assertTrue(bench.fromWan(WireIpv6.udp(CLIENT, 4000, DEVICE, 5193, 9)) != null);
            bench.pass(305);
            assertTrue(
                    bench.fromWan(WireIpv6.udp("2001:db8:ffff:66::1", 1, DEVICE, 5193, 9)) != null);
        }
    }

    @Test
    @Tag("N52")
    void establishedFlowsStayWhenTheTableIsFull() {
        try (TranslatorBench bench = new TranslatorBench(new NatCapacity(256, 200, 64, 2048, 1))) {
            bench.apply(config(bench));
            for (int port = 0; port < 128; port++) {
                bench.fromTunnel(WireIpv6.udp(DEVICE, 2000 + port, CLIENT, 53, 9), 0);
                bench.fromWan(WireIpv6.udp(CLIENT, 53, DEVICE, 2000 + port, 9));
            }
            for (int at = 0; at < 3000; at++) {
                String from = "2001:db8:ffff:" + Integer.toHexString(at + 1) + "::1";
                bench.fromWan(WireIpv6.udp(from, 4000, DEVICE, 5193, 9));
            }
            long established =
                    bench.flows().stream().filter(flow -> flow.state().equals("two-way")).count();
            assertEquals(128, established);
            assertEquals(256, bench.report().flows());
        }
    }

    @Test
    @Tag("N50")
    void packetsAllocateNothing() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (TranslatorBench bench = new TranslatorBench()) {
            bench.apply(config(bench));
            byte[] out = WireIpv6.tcp(DEVICE, 5000, CLIENT, 443, Wire.SYN, 0, 1440);
            byte[] piece =
                    WireIpv6.fragments(WireIpv6.udp(CLIENT, 4000, DEVICE, 5193, 500), 200, 77)[0];
            byte[] refused = WireIpv6.udp(CLIENT, 4000, DEVICE, 99, 20);
            byte[] error = WireIpv6.error("2001:db8:bbbb::1", DEVICE, 2, 0, 1300, out, 100);
            long least = Long.MAX_VALUE;
            for (int round = 0; round < 50 && least > 0; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int at = 0; at < 2000; at++) {
                    pass(bench, out, 1, 0);
                    pass(bench, piece, 0, -1);
                    pass(bench, refused, 0, -1);
                    pass(bench, error, 0, -1);
                }
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertEquals(0, least);
        }
    }

    private static void pass(TranslatorBench bench, byte[] bytes, int link, int peer) {
        Packet packet = bench.reload(bytes, link, peer);
        if (io.jnat.core.wire.PacketParser.parse(packet) == null) {
            bench.policy.track(packet, bench.emitter(), bench.now);
            if (packet.verdict == Packet.FORWARD) {
                bench.policy.translate(packet, bench.now);
            }
        }
    }
}
