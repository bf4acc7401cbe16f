package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.UdpSocket;
import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What must come out of a NAT as it went in: DSCP, ECN, options, payloads; and the TTL. */
interface HeaderContract {

    NatContract.Stations at();

    @ParameterizedTest
    @Tag("N55")
    @ValueSource(ints = {0, 1, 2, 0xb8, 0xb9, 0xba, 0x88, 0x28, 0x20, 0xc0, 0xfc, 0x04})
    default void dscpAndEcnAreKeptBothWays(int tos) throws IOException {
        NatContract.Stations at = at().fresh();
        at.client()
                .send(
                        "IP(src='198.51.100.2',dst='198.51.100.1',tos=%d)/UDP(sport=6300,dport=50005)/b'in'",
                        tos);
        at.radio().sees("p[Raw].load == b'in' and p.tos == %d and sound(p)", tos);
        at.radio()
                .send(
                        "IP(src='192.168.20.31',dst='198.51.100.2',tos=%d)/UDP(sport=50005,dport=6300)/b'out'",
                        tos);
        at.client().sees("p[Raw].load == b'out' and p.tos == %d and sound(p)", tos);
    }

    @Test
    @Tag("N30")
    default void eachEndCountsAsOneHop() throws IOException {
        NatContract.Stations at = at().fresh();
        at.client()
                .send(
                        "IP(src='198.51.100.2',dst='198.51.100.1',ttl=64)/UDP(sport=6301,dport=50006)/b'in'");
        at.radio().sees("p[Raw].load == b'in' and p.ttl == 62");
        at.radio()
                .send(
                        "IP(src='192.168.20.31',dst='198.51.100.2',ttl=64)/UDP(sport=50006,dport=6301)/b'out'");
        at.client().sees("p[Raw].load == b'out' and p.ttl == 62");
    }

    @Test
    @Tag("N48")
    default void hopsOfADeviceThatIsNotCaptured() throws IOException {
        NatContract.Stations at = at().fresh();
        try (UdpSocket host = UdpSocket.open(at.lab().namespace("host"), 0)) {
            host.send(NetworkLab.at(NetworkLab.CLIENT, 6917), new byte[] {'h'});
        }
        // The carrier and the internet's router are two more.
        int hops = 64 - at.client().see("p[UDP].dport == 6917 and p[Raw].load == b'h'", "p.ttl");
        assertEquals(at.differences().wayToTheWanIsOneHop() ? 3 : 4, hops);
    }

    @Test
    @Tag("N30")
    default void pingOfTheRelayWithoutAHopLeft() throws IOException {
        NatContract.Stations at = at().fresh();
        at.client().send("IP(src='198.51.100.2',dst='198.51.100.1',ttl=1)/ICMP(id=6310,seq=1)");
        int type = at.differences().relayIsOneHopAwayByIcmp() ? 0 : 11;
        at.client().sees("p[ICMP].type == %d and p.src == '198.51.100.1' and sound(p)", type);
    }

    @ParameterizedTest
    @Tag("N30")
    @ValueSource(ints = {1, 2})
    default void deviceIsToldWhereItsPacketsTtlRanOut(int ttl) throws IOException {
        NatContract.Stations at = at().fresh();
        at.radio()
                .send(
                        "IP(src='192.168.20.31',dst='198.51.100.2',ttl=%d)/UDP(sport=6302,dport=6911)/b'trace'",
                        ttl);
        at.radio()
                .sees(
                        "p[ICMP].type == 11 and p[ICMP].code == 0 and sound(p) and quote(p).src =="
                                + " '192.168.20.31' and quote(p).dst == '198.51.100.2' and"
                                + " quote(p)[UDP].sport == 6302");
        assertTrue(at.client().seesNone("p[UDP].dport == 6911"));
    }

    @Test
    @Tag("N30")
    default void senderOutsideIsToldThatItsTtlRanOutAtTheRelay() throws IOException {
        NatContract.Stations at = at().fresh();
        at.client()
                .send(
                        "IP(src='198.51.100.2',dst='198.51.100.1',ttl=1)/UDP(sport=6303,dport=50007)/b'trace'");
        at.client()
                .sees(
                        "p[ICMP].type == 11 and sound(p) and p.src == '198.51.100.1' and"
                                + " quote(p)[UDP].dport == 50007");
    }

    @Test
    @Tag("N33")
    default void udpWithoutAChecksumHasNoneAfterwards() throws IOException {
        NatContract.Stations at = at().fresh();
        at.client()
                .send(
                        "IP(src='198.51.100.2',dst='198.51.100.1')/UDP(sport=6304,dport=50008,chksum=0)/b'none'");
        at.radio().sees("p[Raw].load == b'none' and p[UDP].chksum == 0");
        at.radio()
                .send(
                        "IP(src='192.168.20.31',dst='198.51.100.2')/UDP(sport=50008,dport=6304,chksum=0)/b'back'");
        at.client().sees("p[Raw].load == b'back' and p[UDP].chksum == 0");
    }

    @Test
    @Tag("N33")
    default void wrongChecksumIsNotMadeRight() throws IOException {
        NatContract.Stations at = at().fresh();
        at.client()
                .send(
                        "IP(src='198.51.100.2',dst='198.51.100.1')/UDP(sport=6305,dport=50009,chksum=0x1234)/b'bad'");
        assertTrue(at.radio().seesNone("p[Raw].load == b'bad' and sound(p)"));
        at.radio()
                .seesOnlyIf(
                        at.differences().wrongChecksumIsPassedOn(),
                        "p[Raw].load == b'bad' and p[UDP].dport == 50009");
    }

    @Test
    @Tag("N33")
    default void emptyDatagramArrives() throws IOException {
        NatContract.Stations at = at().fresh();
        at.client().send("IP(src='198.51.100.2',dst='198.51.100.1')/UDP(sport=6306,dport=50010)");
        at.radio().sees("p[UDP].dport == 50010 and p[UDP].len == 8 and sound(p)");
    }

    @Test
    @Tag("N45")
    default void harmlessOptionsPassAndSourceRoutesDoNot() throws IOException {
        NatContract.Stations at = at().fresh();
        String packet =
                "IP(src='198.51.100.2',dst='198.51.100.1',options=%s)/UDP(sport=6307,dport=50011)/b'%s'";
        at.client().send(packet, "[IPOption_NOP()]*4", "nop");
        at.radio().sees("p[Raw].load == b'nop' and p.ihl == 6 and sound(p)");
        at.client().send(packet, "bytes.fromhex('830704c633640200')", "lsrr");
        at.client().send(packet, "bytes.fromhex('890704c633640200')", "ssrr");
        assertTrue(at.radio().seesNone("p[Raw].load in (b'lsrr', b'ssrr')"));
    }

    @Test
    @Tag("N45")
    default void impossibleSourcesAreNotLetIn() throws IOException {
        NatContract.Stations at = at().fresh();
        for (String source : new String[] {"127.0.0.1", "224.0.0.9", "255.255.255.255"}) {
            at.client()
                    .send(
                            "IP(src='%s',dst='198.51.100.1')/UDP(sport=6308,dport=50012)/b'martian'",
                            source);
            assertTrue(at.radio().seesNone("p[UDP].dport == 50012"), source);
        }
        at.client()
                .send(
                        "IP(src='198.51.100.1',dst='198.51.100.1')/UDP(sport=50012,dport=50012)/b'land'");
        assertTrue(at.radio().seesNone("p[UDP].dport == 50012"));
        for (String source : new String[] {"0.1.2.3", "240.0.0.1"}) {
            at.client()
                    .send(
                            "IP(src='%s',dst='198.51.100.1')/UDP(sport=6309,dport=50013)/b'nobody'",
                            source);
            at.radio()
                    .seesOnlyIf(
                            at.differences().sourceThatNoHostHasIsLetIn(),
                            "p[UDP].dport == 50013 and p.src == '%s'",
                            source);
        }
    }
}
