package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.Zone;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.NatConfig.Action;
import io.jnat.nat.rule.NatConfig.Allow;
import io.jnat.nat.rule.NatConfig.Capture;
import io.jnat.nat.rule.NatConfig.Forward;
import io.jnat.nat.rule.NatConfig.LinkSetup;
import io.jnat.nat.rule.NatConfig.Others;
import io.jnat.nat.rule.NatConfig.Site;
import io.jnat.nat.rule.PortRange;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Random and mutated packets from every side: nothing is thrown, nothing outside of the packet is
 * read or written (assertions in {@code Memory} watch that), everything dropped has a reason, and
 * the tables agree with each other afterwards.
 */
final class HostilePacketsTest {
    private static final int ROUNDS = 150_000;

    private static List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        byte[] udp = Wire.udp("192.168.20.31", 5000, "203.0.113.7", 53, 20);
        seeds.add(udp);
        seeds.add(Wire.udp("203.0.113.7", 4000, PUBLIC, 55193, 20));
        seeds.add(Wire.tcp("192.168.20.31", 5000, "203.0.113.7", 443, 2, 1, 2, 0, 1460));
        seeds.add(Wire.tcp("203.0.113.7", 443, PUBLIC, 5000, 18, 1, 2, 0, 1460));
        seeds.add(Wire.echo("192.168.20.31", "203.0.113.7", 5, true, 20));
        seeds.add(Wire.error("203.0.113.1", PUBLIC, 3, 4, 1400, udp));
        seeds.add(Wire.error("192.168.20.31", "203.0.113.7", 3, 3, 0, udp));
        seeds.add(Wire.raw("192.168.20.31", "203.0.113.7", 47, Wire.payload(30)));
        seeds.add(Wire.raw("192.168.20.31", "203.0.113.7", 136, Wire.payload(30)));
        byte[] large = Wire.udp("203.0.113.7", 4000, PUBLIC, 55193, Wire.payload(500), true, false);
        for (byte[] piece : Wire.fragments(large, 200, 77)) {
            seeds.add(piece);
        }
        return seeds;
    }

    static NatConfig config(TranslatorBench bench) {
        return NatConfig.of(
                        List.of(
                                new LinkSetup(bench.wan, List.of(Wire.ip(PUBLIC)), List.of()),
                                new LinkSetup(bench.tunnel, List.of(), List.of()),
                                new LinkSetup(bench.lan, List.of(), List.of())),
                        Wire.ip("10.99.0.1"),
                        Ipv4Prefix.parse("10.99.0.0/24"))
                .withRules(
                        List.of(new Site(0, "site", List.of(Ipv4Prefix.parse("192.168.20.0/24")))),
                        List.of(
                                new Forward(
                                        "dmr",
                                        new PortRange(Protocol.UDP, 55000, 56000),
                                        0,
                                        List.of(),
                                        0,
                                        Wire.ip("192.168.20.31"),
                                        1000,
                                        false),
                                new Forward(
                                        "masked",
                                        new PortRange(PortRange.ANY_PROTOCOL, 0, 500),
                                        0,
                                        List.of(),
                                        -1,
                                        Wire.ip("192.168.20.32"),
                                        0,
                                        true)),
                        List.of(new Capture("one", List.of(Ipv4Prefix.parse("192.168.20.31")))),
                        List.of(
                                new Allow(
                                        "reject",
                                        Zone.TUNNEL,
                                        List.of(),
                                        List.of(Ipv4Prefix.parse("128.0.0.0/1")),
                                        List.of(),
                                        Action.REJECT)),
                        Others.WAN);
    }

    @Test
    void mutatedPacketsFromEverySideAreSurvived() {
        SplittableRandom random = new SplittableRandom(99);
        List<byte[]> seeds = seeds();
        try (TranslatorBench bench = new TranslatorBench(new NatCapacity(300, 200, 16, 2048, 1))) {
            HostileTraffic.assertSurvives(
                    bench, config(bench), ROUNDS, random, () -> hostile(bench, seeds, random));
            assertNotNull(bench.fromWan(Wire.udp("203.0.113.7", 4000, PUBLIC, 55193, 20)));
        }
    }

    private static Packet hostile(
            TranslatorBench bench, List<byte[]> seeds, SplittableRandom random) {
        byte[] bytes = HostileTraffic.mutate(seeds.get(random.nextInt(seeds.size())), random);
        if (bytes.length >= 20 && random.nextInt(8) != 0) {
            repair(bytes);
        }
        Packet packet = bench.load(bytes, random.nextInt(3), random.nextInt(3) - 1);
        if (random.nextInt(10) == 0) {
            packet.needsChecksum = true;
            packet.checksumStart = random.nextInt(64);
            packet.checksumOffset = random.nextInt(20);
        }
        if (random.nextInt(20) == 0) {
            packet.gsoType = random.nextInt(6);
            packet.gsoSize = random.nextInt(100);
        }
        return packet;
    }

    /** Makes length and header checksum right again, so that the rest is looked at. */
    private static void repair(byte[] bytes) {
        bytes[0] = (byte) (0x40 | Math.min(bytes.length / 4, Math.max(5, bytes[0] & 0xf)));
        Wire.put16(bytes, 2, bytes.length);
        Wire.put16(bytes, 10, 0);
        Wire.put16(bytes, 10, Wire.onesComplement(bytes, 0, (bytes[0] & 0xf) * 4));
    }

    @Test
    void everyPrefixOfEveryPacketIsSurvived() {
        try (TranslatorBench bench = new TranslatorBench()) {
            bench.apply(config(bench));
            for (byte[] seed : seeds()) {
                for (int length = 0; length <= seed.length; length++) {
                    for (boolean repaired : new boolean[] {false, true}) {
                        byte[] cut = new byte[length];
                        System.arraycopy(seed, 0, cut, 0, length);
                        if (repaired && length >= 20) {
                            repair(cut);
                        }
                        for (int link = 0; link < 3; link++) {
                            bench.send(cut, link, link == 1 ? 0 : -1);
                        }
                    }
                }
            }
            assertTrue(bench.report().flows() > 0);
        }
    }
}
