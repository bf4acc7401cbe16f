package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.TranslatorBench.Sent;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.PortRange;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Timeouts, full tables, caps, rates, lists. */
final class LimitsTest {
    private static final String DEVICE = "192.168.20.31";
    private static final String SERVER = "203.0.113.7";
    private static final int FLOWS = 256;

    private TranslatorBench bench;

    @BeforeEach
    void relay() {
        bench = new TranslatorBench(new NatCapacity(FLOWS, 2 * FLOWS, 64, 2048, 42));
        bench.apply(config());
    }

    @AfterEach
    void release() {
        bench.close();
    }

    private NatConfig config() {
        return bench.relay(
                List.of(TranslatorBench.site(0, "site")),
                List.of(
                        TranslatorBench.forward(
                                "dmr",
                                new PortRange(Protocol.UDP, 55193, 55193),
                                0,
                                DEVICE,
                                55193)));
    }

    private Sent out(int port) {
        return bench.fromTunnel(Wire.udp(DEVICE, port, SERVER, 53, 10), 0);
    }

    @Test
    @Tag("N10")
    void udpMappingSurvivesFiveMinutesIdleAndNoLonger() {
        out(5000);
        bench.pass(297);
        assertEquals(1, bench.flows().size());
        out(5000);
        bench.pass(297);
        assertEquals(1, bench.flows().size());
        bench.pass(6);
        assertTrue(bench.flows().isEmpty());
        assertEquals(0, bench.report().mappings());
    }

    @Test
    @Tag("N10")
    void inboundPacketsAloneDoNotKeepADynamicMapping() {
        out(5000);
        for (int at = 0; at < 4; at++) {
            bench.pass(80);
            bench.fromWan(Wire.udp(SERVER, 53, PUBLIC, 5000, 10));
        }
        assertTrue(bench.flows().isEmpty());
    }

    @Test
    @Tag("N10")
    void inboundPacketsKeepAForwardedFlow() {
        for (int at = 0; at < 5; at++) {
            assertNotNull(bench.fromWan(Wire.udp(SERVER, 53, PUBLIC, 55193, 10)));
            bench.pass(200);
        }
        assertEquals(5, bench.flows().get(0).packetsIn());
    }

    @Test
    @Tag("N11")
    void icmpQueriesLiveAMinute() {
        bench.fromTunnel(Wire.echo(DEVICE, SERVER, 5, true, 56), 0);
        bench.pass(58);
        assertEquals(1, bench.flows().size());
        bench.pass(4);
        assertTrue(bench.flows().isEmpty());
    }

    @Test
    @Tag("N52")
    void halfOpenFlowsMakeRoomAndEstablishedOnesStay() {
        for (int port = 0; port < FLOWS / 2; port++) {
            out(2000 + port);
            bench.fromWan(Wire.udp(SERVER, 53, PUBLIC, 2000 + port, 10));
        }
        for (int flood = 0; flood < 5000; flood++) {
            String from = "203.0." + (flood >>> 8) + "." + (flood & 0xff);
            assertNotNull(bench.fromWan(Wire.udp(from, 999, PUBLIC, 55193, 10)));
        }
        for (int port = 0; port < FLOWS / 2; port++) {
            assertNotNull(bench.fromWan(Wire.udp(SERVER, 53, PUBLIC, 2000 + port, 10)));
        }
        assertTrue(bench.report().evicted() > 4000);
        assertEquals(FLOWS, bench.report().flows());
    }

    @Test
    @Tag("N52")
    void synsFromForgedAddressesThatADeviceAnswersMakeRoom() {
        bench.apply(
                bench.relay(
                        List.of(TranslatorBench.site(0, "site")),
                        List.of(
                                TranslatorBench.forward(
                                        "web",
                                        new PortRange(Protocol.TCP, 8080, 8080),
                                        0,
                                        DEVICE,
                                        8080))));
        out(5000);
        bench.fromWan(Wire.udp(SERVER, 53, PUBLIC, 5000, 10));
        for (int flood = 0; flood < 4 * FLOWS; flood++) {
            String from = "203.0." + (flood >>> 8) + "." + (flood & 0xff);
            assertNotNull(
                    bench.fromWan(Wire.tcp(from, 999, PUBLIC, 8080, Wire.SYN)),
                    () -> "dropped: " + bench.dropped);
            byte[] answer = Wire.tcp(DEVICE, 8080, from, 999, Wire.SYN | Wire.ACK, 900, 2, 0, 1460);
            assertNotNull(bench.fromTunnel(answer, 0));
        }
        assertNotNull(bench.fromWan(Wire.udp(SERVER, 53, PUBLIC, 5000, 10)));
    }

    @Test
    @Tag("N52")
    void fullOfEstablishedFlowsRefusesNewOnes() {
        for (int port = 0; port < FLOWS; port++) {
            out(2000 + port);
            bench.fromWan(Wire.udp(SERVER, 53, PUBLIC, 2000 + port, 10));
        }
        assertNull(out(9000));
        assertEquals(DropReason.FLOW_TABLE_FULL, bench.dropped);
        assertEquals(FLOWS, bench.report().flows());
        assertEquals(FLOWS, bench.report().mappings());
        assertNotNull(out(2000));
    }

    @Test
    @Tag("N52")
    void fullTableMakesRoomForAMappingWhoseOnlyOtherFlowIsTheVictim() {
        for (int port = 0; port < FLOWS; port++) {
            out(2000 + port);
        }
        // All flows are half-open; new ones of known mappings evict others, their own among them.
        for (int round = 0; round < 20; round++) {
            bench.now += 1_000_000_000L;
            for (int port = 0; port < FLOWS; port++) {
                Sent sent =
                        bench.fromTunnel(
                                Wire.udp(DEVICE, 2000 + port, "203.0.113.9", 1 + round, 10), 0);
                assertNotNull(sent, () -> "dropped: " + bench.dropped);
            }
        }
        NatReport report = bench.report();
        assertEquals(FLOWS, report.flows());
        assertTrue(report.mappings() <= FLOWS);
        bench.pass(310);
        assertEquals(0, bench.report().flows());
        assertEquals(0, bench.report().mappings());
    }

    @Test
    @Tag("N52")
    void oneDeviceCannotTakeAllFlows() {
        NatConfig old = config();
        bench.apply(old.withLimits(old.timeouts(), old.enginePorts(), old.keptPorts(), 10, false));
        for (int port = 0; port < 10; port++) {
            assertNotNull(out(2000 + port));
        }
        assertNull(out(3000));
        assertEquals(DropReason.FLOW_LIMIT, bench.dropped);
        assertNotNull(bench.fromTunnel(Wire.udp("192.168.20.32", 3000, SERVER, 53, 10), 0));
        assertNotNull(bench.fromWan(Wire.udp(SERVER, 53, PUBLIC, 55193, 10)));
        bench.pass(305);
        assertNotNull(out(3000));
    }

    @Test
    @Tag("N52")
    void oneOutsideAddressCannotTakeAllFlows() {
        NatConfig old = config();
        bench.apply(old.withLimits(old.timeouts(), old.enginePorts(), old.keptPorts(), 10, false));
        for (int port = 0; port < 10; port++) {
            assertNotNull(bench.fromWan(Wire.udp(SERVER, 2000 + port, PUBLIC, 55193, 10)));
        }
        assertNull(bench.fromWan(Wire.udp(SERVER, 3000, PUBLIC, 55193, 10)));
        assertEquals(DropReason.FLOW_LIMIT, bench.dropped);
        assertNotNull(bench.fromWan(Wire.udp("203.0.113.8", 3000, PUBLIC, 55193, 10)));
        assertNotNull(out(3000));
    }

    @Test
    @Tag("N52")
    void connectionsThatAreOverMakeRoomForNewOnesOfTheSameDevice() {
        NatConfig old = config();
        bench.apply(old.withLimits(old.timeouts(), old.enginePorts(), old.keptPorts(), 10, false));
        for (int port = 0; port < 100; port++) {
            connect(DEVICE, 2000 + port);
            if ((port & 1) == 0) {
                bench.fromTunnel(Wire.tcp(DEVICE, 2000 + port, SERVER, 443, Wire.FIN), 0);
                bench.fromWan(Wire.tcp(SERVER, 443, PUBLIC, 2000 + port, Wire.FIN));
            } else {
                bench.fromWan(Wire.tcp(SERVER, 443, PUBLIC, 2000 + port, Wire.RST, 1001, 0, 0, 0));
            }
        }
        assertEquals(10, bench.report().flows());
        for (int port = 0; port < 10; port++) {
            connect("192.168.20.32", 3000 + port);
        }
        assertEquals(20, bench.report().flows());
        byte[] syn = Wire.tcp("192.168.20.32", 3010, SERVER, 443, Wire.SYN);
        assertNull(bench.fromTunnel(syn, 0));
        assertEquals(DropReason.FLOW_LIMIT, bench.dropped);
    }

    @Test
    @Tag("N52")
    void connectionThatIsOverMakesRoomWhereverInTheTableItStands() {
        NatConfig old = config();
        bench.apply(old.withLimits(old.timeouts(), old.enginePorts(), old.keptPorts(), 10, false));
        for (int port = 2000; port < 2010; port++) {
            connect(DEVICE, port);
        }
        for (int over : new int[] {2008, 2001, 2005, 2000, 2009}) {
            bench.fromWan(Wire.tcp(SERVER, 443, PUBLIC, over, Wire.RST, 1001, 0, 0, 0));
            connect(DEVICE, over + 100);
        }
        assertEquals(10, bench.report().flows());
    }

    @Test
    @Tag("N52")
    void connectionThatIsOverStaysWhileItsMappingLetsAnotherIn() {
        NatConfig old = config();
        bench.apply(old.withLimits(old.timeouts(), old.enginePorts(), old.keptPorts(), 1, false));
        connect(DEVICE, 2000);
        assertNotNull(bench.fromWan(Wire.tcp(SERVER, 80, PUBLIC, 2000, Wire.SYN)));
        assertNotNull(bench.fromTunnel(Wire.tcp(DEVICE, 2000, SERVER, 80, Wire.SYN | Wire.ACK), 0));
        assertNotNull(bench.fromWan(Wire.tcp(SERVER, 80, PUBLIC, 2000, Wire.ACK)));
        end(FlowFilter.ALL.withPort(443));
        assertNotNull(bench.fromWan(Wire.tcp(SERVER, 80, PUBLIC, 2000, Wire.FIN)));
        assertNotNull(bench.fromTunnel(Wire.tcp(DEVICE, 2000, SERVER, 80, Wire.FIN), 0));
        assertEquals("closed", bench.flows().get(0).state());
        assertNull(bench.fromWan(Wire.tcp(SERVER, 81, PUBLIC, 2000, Wire.SYN)));
        assertEquals(DropReason.FLOW_LIMIT, bench.dropped);
        bench.pass(245);
        assertEquals(0, bench.report().mappings());
    }

    private void connect(String device, int port) {
        Sent syn = bench.fromTunnel(Wire.tcp(device, port, SERVER, 443, Wire.SYN), 0);
        assertNotNull(syn, () -> "dropped: " + bench.dropped);
        int external = Wire.get16(syn.bytes(), 20);
        bench.fromWan(
                Wire.tcp(SERVER, 443, PUBLIC, external, Wire.SYN | Wire.ACK, 1000, 1001, 0, 0));
        bench.fromTunnel(Wire.tcp(device, port, SERVER, 443, Wire.ACK, 1001, 1001, 0, 0), 0);
    }

    @Test
    @Tag("N52")
    void deviceOpensFlowsNoFasterThanItMay() {
        bench.apply(config().withOpeningsPerSecond(20));
        for (int port = 0; port < 20; port++) {
            assertNotNull(out(2000 + port));
        }
        assertNull(out(3000));
        assertEquals(DropReason.FLOW_LIMIT, bench.dropped);
        assertNotNull(out(2000));
        assertNotNull(bench.fromTunnel(Wire.udp("192.168.20.32", 3000, SERVER, 53, 10), 0));
        bench.now += 100_000_000;
        assertNotNull(out(3000));
        assertNotNull(out(3001));
        assertNull(out(3002));
        bench.now += 5_000_000_000L;
        for (int port = 0; port < 20; port++) {
            assertNotNull(out(4000 + port));
        }
        assertNull(out(5000));
    }

    @Test
    @Tag("N52")
    void deviceThatOpensSteadilyGetsItsWholeRate() {
        bench.apply(config().withOpeningsPerSecond(20));
        int opened = 0;
        for (int port = 0; port < 1000; port++) {
            bench.now += 9_000_000;
            opened += out(2000 + port % 200) == null ? 0 : 1;
            end(FlowFilter.ALL);
        }
        assertTrue(opened >= 199 && opened <= 200, "opened " + opened);
    }

    @Test
    @Tag("N3")
    void exhaustedPortsRefuseNewMappings() {
        NatConfig old = config();
        bench.apply(
                old.withLimits(
                        old.timeouts(),
                        new PortRange(PortRange.ANY_PROTOCOL, 3000, 3003),
                        List.of(new PortRange(Protocol.UDP, 3002, 3002)),
                        1000,
                        false));
        for (int port = 0; port < 3; port++) {
            int external = Wire.get16(out(2000 + port).bytes(), 20);
            assertTrue(external >= 3000 && external <= 3003 && external != 3002);
        }
        assertNull(out(4000));
        assertEquals(DropReason.NO_FREE_PORT, bench.dropped);
        assertNotNull(out(2000));
    }

    @Test
    @Tag("N34")
    void errorsAreRateLimited() {
        byte[] large = Wire.udp(SERVER, 4000, PUBLIC, 55193, 1450);
        int sent = 0;
        for (int at = 0; at < 1000; at++) {
            bench.fromWan(large);
            sent += bench.emitted.size();
        }
        assertTrue(sent > 0 && sent <= 60, "sent " + sent);
        bench.pass(1);
        bench.fromWan(large);
        assertEquals(1, bench.emitted.size());
    }

    @Test
    @Tag("N31")
    void otherErrorsDoNotStarvePathMtuDiscovery() {
        assertNotNull(out(5000));
        byte[] expiring = Wire.withTtl(Wire.udp(DEVICE, 5000, SERVER, 53, 10), 1);
        do {
            assertNull(bench.fromTunnel(expiring, 0));
        } while (!bench.emitted.isEmpty());
        assertNull(bench.fromWan(Wire.udp(SERVER, 4000, PUBLIC, 55193, 1450)));
        assertEquals(DropReason.TOO_BIG, bench.dropped);
        assertEquals(1, bench.emitted.size());
    }

    @Test
    @Tag("N56")
    void flowsAreListedFilteredAndEnded() {
        out(5000);
        bench.fromWan(Wire.udp(SERVER, 53, PUBLIC, 5000, 10));
        bench.fromWan(Wire.udp(SERVER, 4000, PUBLIC, 55193, 10));
        FlowView view = bench.flows().get(0);
        assertEquals("udp", view.protocol());
        assertEquals(DEVICE + ":5000", view.inside());
        assertEquals(SERVER + ":53", view.outside());
        assertEquals(PUBLIC + ":5000", view.external());
        assertEquals("site site", view.rule());
        assertEquals("two-way", view.state());
        assertEquals(1, view.packetsOut());
        assertEquals(1, view.packetsIn());
        assertEquals(38, view.bytesOut());
        FlowView forwarded = bench.flows().get(1);
        assertEquals(DEVICE + ":55193", forwarded.inside());
        assertEquals(SERVER + ":4000", forwarded.outside());
        assertEquals(PUBLIC + ":55193", forwarded.external());
        assertTrue(forwarded.inbound());

        assertEquals(0, end(FlowFilter.ALL.withProtocol(Protocol.TCP)));
        assertEquals(0, end(FlowFilter.ALL.withState("one-way").withPort(53)));
        assertEquals(0, end(FlowFilter.ALL.withSource(Ipv4Prefix.parse(DEVICE)).withPort(55193)));
        assertEquals(0, end(FlowFilter.ALL.withDestination(Ipv4Prefix.parse(PUBLIC)).withPort(53)));
        assertEquals(0, end(FlowFilter.ALL.withDevice(Ipv4Prefix.parse(SERVER))));
        assertEquals(0, end(FlowFilter.ALL.withPeer(7)));
        assertEquals(0, end(FlowFilter.ALL.withAddress(Ipv4Prefix.parse("10.0.0.0/8"))));
        assertEquals(
                1,
                end(
                        FlowFilter.ALL
                                .withRule("dmr")
                                .withPeer(0)
                                .withDevice(Ipv4Prefix.parse(DEVICE))
                                .withSource(Ipv4Prefix.parse(SERVER))
                                .withDestination(Ipv4Prefix.parse(PUBLIC))
                                .withState("one")));
        assertEquals(
                1,
                end(
                        FlowFilter.ALL
                                .withProtocol(Protocol.UDP)
                                .withPort(53)
                                .withDestination(Ipv4Prefix.parse(SERVER))));
        assertEquals(0, bench.report().flows());
        assertEquals(0, bench.report().mappings());
    }

    private int end(FlowFilter filter) {
        CompletableFuture<NatCommand.FlowPage> answer = new CompletableFuture<>();
        new NatCommand.EndFlows(bench.policy, filter, 1, answer).apply(bench.now);
        return answer.join().flows().size();
    }

    @Test
    @Tag("N40")
    void rulesCountByNameOverReloads() {
        bench.fromWan(Wire.udp(SERVER, 4000, PUBLIC, 55193, 10));
        bench.apply(config());
        bench.fromWan(Wire.udp(SERVER, 4000, PUBLIC, 55193, 10));
        NatReport.Rule rule =
                bench.report().rules().stream()
                        .filter(each -> each.name().equals("forward dmr"))
                        .findFirst()
                        .orElseThrow();
        assertEquals(1, rule.flows());
        assertEquals(2, rule.packets());
        assertEquals(76, rule.bytes());
    }
}
