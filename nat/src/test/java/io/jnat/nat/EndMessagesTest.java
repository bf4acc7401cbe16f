package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.PacketParser;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.NatConfig.Site;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pcap4j.packet.UdpPacket;

/** What the two ends say to each other, as a relay with two sites sees it. */
@Tag("N56")
final class EndMessagesTest {
    private static final String RELAY = "10.99.0.1";
    private static final String SITE = "10.99.0.2";
    private static final int PORT = EndMessages.PORT;

    private final List<ByteBuffer> heard = new ArrayList<>();
    private final List<Integer> lengths = new ArrayList<>();
    private TranslatorBench bench;

    @BeforeEach
    void relay() {
        bench = new TranslatorBench();
        bench.apply(
                bench.relay(
                        List.of(
                                site(0, "wa7vc", SITE),
                                site(1, "club", "10.99.0.3"),
                                site(256, "many", "10.99.0.4")),
                        List.of()));
        new NatCommand.ListenToEnds(
                        bench.policy,
                        (peer, from, bytes, packetBytes) -> {
                            heard.add(bytes);
                            lengths.add(packetBytes);
                        })
                .apply(bench.now);
    }

    private static Site site(int peer, String name, String address) {
        return new Site(
                peer,
                name,
                List.of(Ipv4Prefix.parse("192.168.20.0/24"), Ipv4Prefix.parse(address)));
    }

    @AfterEach
    void release() {
        bench.close();
    }

    @Test
    void aMessageToThisEndIsTakenAndLeavesNoFlow() {
        bench.fromTunnel(Wire.udp(SITE, PORT, RELAY, PORT, 40), 0);
        assertTrue(bench.taken);
        bench.fromTunnel(Wire.udp(SITE, PORT, "224.0.0.2", PORT, 40), 0);
        assertTrue(bench.taken);
        assertEquals(2, heard.size());
        assertArrayEquals(Wire.payload(40), heard.getFirst().array());
        assertEquals(0, bench.report().flows());
    }

    @Test
    void onlyAnEndItselfIsHeardAndOnlyOutOfTheTunnel() {
        bench.fromWan(Wire.udp("203.0.113.7", PORT, PUBLIC, PORT, 40));
        bench.fromWan(Wire.udp("203.0.113.7", PORT, RELAY, PORT, 40));
        bench.fromTunnel(Wire.udp("192.168.20.31", PORT, RELAY, PORT, 40), 0);
        assertEquals(DropReason.NOT_ALLOWED, bench.dropped);
        bench.fromTunnel(Wire.udp("10.99.0.3", PORT, RELAY, PORT, 40), 0);
        assertEquals(DropReason.NOT_ALLOWED, bench.dropped);
        bench.fromTunnel(Wire.udp(SITE, 4000, RELAY, PORT, 40), 0);
        assertEquals(DropReason.NOT_ALLOWED, bench.dropped);
        assertEquals(List.of(), heard);
    }

    @Test
    void ofALongMessageTheBeginningIsHeardAndHowLongItsPacketWas() {
        bench.fromTunnel(Wire.udp(SITE, PORT, RELAY, PORT, 1392), 0);
        assertTrue(bench.taken);
        assertEquals(EndMessageListener.MAX_BYTES, heard.getFirst().remaining());
        assertEquals(List.of(1420), lengths);
    }

    @Test
    void rateIsBoundedForEachPeerByItself() {
        for (int sent = 0; sent < 1000; sent++) {
            bench.fromTunnel(Wire.udp(SITE, PORT, RELAY, PORT, 40), 0);
        }
        assertEquals(DropReason.RATE_LIMITED, bench.dropped);
        assertEquals(EndMessages.PER_SECOND, heard.size());
        bench.fromTunnel(Wire.udp("10.99.0.3", PORT, RELAY, PORT, 40), 1);
        assertTrue(bench.taken);
        bench.fromTunnel(Wire.udp("10.99.0.4", PORT, RELAY, PORT, 40), 256);
        assertTrue(bench.taken);
        bench.now += 1_000_000_000L;
        bench.fromTunnel(Wire.udp(SITE, PORT, RELAY, PORT, 40), 0);
        assertTrue(bench.taken);
    }

    @Test
    void aMessageLeavesForItsPeerAlone() {
        ByteBuffer bytes = ByteBuffer.wrap(new byte[] {1, 2, 3});
        new NatCommand.SendToEnd(bench.policy, 1, Wire.ip("10.99.0.3"), bytes).apply(bench.now);
        assertEquals(bench.now, bench.policy.nextDeadlineNanos(bench.now));
        bench.onTimer();
        List<TranslatorBench.Sent> sent = bench.emitted;
        assertEquals(1, sent.size());
        assertEquals(TranslatorBench.TUNNEL, sent.getFirst().link());
        assertEquals(1, sent.getFirst().peer());
        UdpPacket udp = Wire.read(sent.getFirst().bytes()).get(UdpPacket.class);
        assertEquals(PORT, udp.getHeader().getDstPort().valueAsInt());
        assertArrayEquals(bytes.array(), udp.getPayload().getRawData());
        assertTrue(bench.policy.nextDeadlineNanos(bench.now) > bench.now);
    }

    @Test
    void nobodyIsToldOfAMessageThatCannotBeDelivered() {
        ByteBuffer bytes = ByteBuffer.wrap(new byte[] {1, 2, 3});
        new NatCommand.SendToEnd(bench.policy, 1, Wire.ip("10.99.0.3"), bytes).apply(bench.now);
        bench.onTimer();
        Packet message = bench.burst.packets[0];
        assertNull(PacketParser.parse(message));
        DropReason reason = DropReason.TUNNEL_NO_ENDPOINT;
        bench.policy.undeliverable(message, reason, bench.emitter(), bench.now);
        assertEquals(1, bench.burst.count);
    }

    /** Whatever the tunnel's MTU is, and with nothing behind the message that was there before. */
    @Test
    void whatMeasuresThePathIsAsLongAsItShallBe() {
        bench.fromTunnel(Wire.udp(SITE, PORT, RELAY, PORT, 1400), 0);
        ByteBuffer bytes = ByteBuffer.wrap(new byte[] {1, 2, 3});
        new NatCommand.MeasurePath(bench.policy, 1, bytes, 1420).apply(bench.now);
        bench.onTimer();
        TranslatorBench.Sent sent = bench.emitted.getFirst();
        assertEquals(1, sent.peer());
        assertEquals(1420, sent.bytes().length);
        UdpPacket udp = Wire.read(sent.bytes()).get(UdpPacket.class);
        byte[] payload = udp.getPayload().getRawData();
        assertEquals(1392, payload.length);
        assertArrayEquals(Arrays.copyOf(bytes.array(), payload.length), payload);
    }
}
