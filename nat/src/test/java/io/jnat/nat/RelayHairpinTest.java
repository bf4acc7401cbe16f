package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
import static io.jnat.nat.TranslatorBench.TUNNEL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.jnat.core.stat.DropReason;
import io.jnat.nat.TranslatorBench.Sent;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pcap4j.packet.IpV4Packet;

/** Devices behind the relay that speak to its public address. */
final class RelayHairpinTest extends TwoSiteRelay {
    @Test
    @Tag("N7")
    void hairpinShowsTheExternalSource() {
        Sent there = bench.fromTunnel(Wire.udp("192.168.20.50", 7000, PUBLIC, 55193, 100), SITE);
        assertUdp(there, PUBLIC, 7000, RADIO, 55193, TUNNEL, SITE);
        Sent back = bench.fromTunnel(Wire.udp(RADIO, 55193, PUBLIC, 7000, 100), SITE);
        assertUdp(back, PUBLIC, 55193, "192.168.20.50", 7000, TUNNEL, SITE);
    }

    @Test
    @Tag("N7")
    void hairpinBetweenTwoDynamicMappingsThatKnowEachOther() {
        bench.fromTunnel(Wire.udp("192.168.20.50", 7000, CLIENT, 9, 100), SITE);
        bench.fromTunnel(Wire.udp("192.168.20.51", 7001, CLIENT, 9, 100), OTHER_SITE);
        assertNull(bench.fromTunnel(Wire.udp("192.168.20.50", 7000, PUBLIC, 7001, 9), SITE));
        assertEquals(DropReason.FILTERED, bench.dropped);
    }

    @Test
    @Tag("N7")
    @Tag("N30")
    void errorsOfHairpinFlowsReachTheOtherDevice() {
        Sent there = bench.fromTunnel(Wire.udp("192.168.20.50", 7000, PUBLIC, 55193, 100), SITE);
        byte[] error = Wire.error(RADIO, PUBLIC, 3, 3, 0, there.bytes());
        Sent back = bench.fromTunnel(error, SITE);
        assertNotNull(back, () -> "dropped: " + bench.dropped);
        IpV4Packet ip = Wire.read(back.bytes());
        assertEquals(PUBLIC, ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals("192.168.20.50", ip.getHeader().getDstAddr().getHostAddress());
        assertQuotes(back.bytes(), "192.168.20.50", 7000, PUBLIC, 55193);
    }

    @Test
    @Tag("N7")
    void endpointThatSpeaksToItsOwnExternalEndpointHearsItself() {
        bench.fromTunnel(Wire.udp(RADIO, 5000, CLIENT, 53, 100), SITE);
        Sent self = bench.fromTunnel(Wire.udp(RADIO, 5000, PUBLIC, 5000, 100), SITE);
        assertUdp(self, PUBLIC, 5000, RADIO, 5000, TUNNEL, SITE);
        self = bench.fromTunnel(Wire.udp(RADIO, 55193, PUBLIC, 55193, 100), SITE);
        assertUdp(self, PUBLIC, 55193, RADIO, 55193, TUNNEL, SITE);
        Sent other = bench.fromTunnel(Wire.udp(RADIO, 5001, PUBLIC, 5000, 100), SITE);
        assertUdp(other, PUBLIC, 5001, RADIO, 5000, TUNNEL, SITE);
        // The same address at another site is somebody else.
        assertNull(bench.fromTunnel(Wire.udp(RADIO, 5000, PUBLIC, 5000, 100), OTHER_SITE));
        assertEquals(DropReason.FILTERED, bench.dropped);
        assertEquals(List.of("held"), bench.flows().stream().skip(2).map(FlowView::state).toList());
    }

    @Test
    @Tag("N7")
    void echoToTheOwnPublicAddressIsAnswered() {
        // Another device has this identifier outside, which makes it no address of that device.
        bench.fromTunnel(Wire.echo("192.168.20.32", CLIENT, 5, true, 20), SITE);
        Sent answer = bench.fromTunnel(Wire.echo(RADIO, PUBLIC, 5, true, 20), SITE);
        IpV4Packet ip = Wire.read(answer.bytes());
        assertEquals(PUBLIC, ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals(RADIO, ip.getHeader().getDstAddr().getHostAddress());
    }
}
