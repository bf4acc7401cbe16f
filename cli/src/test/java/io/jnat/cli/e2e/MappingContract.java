package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which external endpoint an inside one gets, who may answer to it, and hairpin. */
interface MappingContract {

    NatContract.Stations at();

    @Test
    @Tag("N3")
    default void twoDevicesWithTheSameUdpPortAndDestinationBothHaveTheirCalls() throws IOException {
        NatContract.Stations at = at().fresh();
        at.radio()
                .send("IP(src='192.168.20.31',dst='198.51.100.2')/UDP(sport=6001,dport=6900)/b'r'");
        int radio = at.client().see("p[Raw].load == b'r' and sound(p)", "p[UDP].sport");
        at.flex()
                .send("IP(src='192.168.20.40',dst='198.51.100.2')/UDP(sport=6001,dport=6900)/b'f'");
        int flex = at.client().see("p[Raw].load == b'f' and sound(p)", "p[UDP].sport");
        assertNotEquals(radio, flex);
        at.client()
                .send(
                        "[IP(src='198.51.100.2',dst='198.51.100.1')/UDP(sport=6900,dport=%d)/b'to r',"
                                + " IP(src='198.51.100.2',dst='198.51.100.1')/UDP(sport=6900,dport=%d)/b'to"
                                + " f']",
                        radio, flex);
        at.radio().sees("p[UDP].dport == 6001 and p[Raw].load == b'to r' and sound(p)");
        at.flex().sees("p[UDP].dport == 6001 and p[Raw].load == b'to f' and sound(p)");
    }

    @Test
    @Tag("N3")
    default void portsThatAreNotTheEngines() throws IOException {
        NatContract.Stations at = at().fresh();
        boolean kept = at.differences().everyFreePortIsKept();
        for (int port : new int[] {0, 500, 61_234}) {
            at.radio()
                    .send(
                            "IP(src='192.168.20.31',dst='198.51.100.2')/UDP(sport=%d,dport=6914)/b'%d'",
                            port, port);
            int external = at.client().see("p[Raw].load == b'" + port + "'", "p[UDP].sport");
            assertEquals(kept, external == port, () -> port + " became " + external);
        }
        at.radio().send("IP(src='192.168.20.31',dst='198.51.100.2')/ICMP(id=0,seq=14)");
        int identifier = at.client().see("p[ICMP].type == 8 and p[ICMP].seq == 14", "p[ICMP].id");
        assertEquals(kept, identifier == 0);
        at.radio().sees("p[ICMP].type == 0 and p[ICMP].id == 0 and p[ICMP].seq == 14 and sound(p)");
    }

    @Test
    @Tag("N5")
    default void forwardsPortFromAnotherDevice() throws IOException {
        NatContract.Stations at = at().fresh();
        at.flex()
                .send(
                        "IP(src='192.168.20.40',dst='198.51.100.2')/UDP(sport=50014,dport=6918)/b'f'");
        int external = at.client().see("p[Raw].load == b'f'", "p[UDP].sport");
        boolean taken = external == 50_014;
        assertEquals(at.differences().portOfAForwardMayBeTaken(), taken);
        at.client()
                .send(
                        "IP(src='198.51.100.2',dst='198.51.100.1')/UDP(sport=6918,dport=50014)/b'in'");
        (taken ? at.flex() : at.radio()).sees("p[UDP].dport == 50014 and p[Raw].load == b'in'");
    }

    @Test
    @Tag("N1")
    default void clashingMappingToOtherDestinations() throws IOException {
        NatContract.Stations at = at().fresh();
        at.radio()
                .send("IP(src='192.168.20.31',dst='198.51.100.2')/UDP(sport=6002,dport=6900)/b'r'");
        at.client().sees("p[Raw].load == b'r' and p[UDP].sport == 6002");
        at.flex()
                .send("IP(src='192.168.20.40',dst='198.51.100.2')/UDP(sport=6002,dport=6900)/b'1'");
        int first = at.client().see("p[Raw].load == b'1'", "p[UDP].sport");
        at.flex()
                .send("IP(src='192.168.20.40',dst='198.51.100.2')/UDP(sport=6002,dport=6901)/b'2'");
        int second = at.client().see("p[Raw].load == b'2'", "p[UDP].sport");
        assertTrue(first == second || !at.differences().mappingNeverDependsOnTheDestination());
    }

    @Test
    @Tag("N3")
    default void twoDevicesWithTheSameTcpPortAndDestinationBothConnect() throws IOException {
        NatContract.Stations at = at().fresh();
        String syn = "IP(src='%s',dst='198.51.100.2')/TCP(sport=6003,dport=6900,flags='S',seq=%d)";
        at.radio().send(syn, "192.168.20.31", 1000);
        int radio = at.client().see("p[TCP].seq == 1000 and sound(p)", "p[TCP].sport");
        at.flex().send(syn, "192.168.20.40", 2000);
        int flex = at.client().see("p[TCP].seq == 2000 and sound(p)", "p[TCP].sport");
        assertNotEquals(radio, flex);
        String answer =
                "IP(src='198.51.100.2',dst='198.51.100.1')/TCP(sport=6900,dport=%d,flags='SA',seq=5,ack=%d)";
        at.client().send(answer, radio, 1001);
        at.client().send(answer, flex, 2001);
        at.radio().sees("p[TCP].dport == 6003 and p[TCP].ack == 1001 and sound(p)");
        at.flex().sees("p[TCP].dport == 6003 and p[TCP].ack == 2001 and sound(p)");
    }

    @Test
    @Tag("N1")
    default void twoDevicesThatPingWithTheSameIdentifierBothHearTheirAnswers() throws IOException {
        NatContract.Stations at = at().fresh();
        String echo = "IP(src='%s',dst='198.51.100.2')/ICMP(id=77,seq=%d)/b'ping'";
        at.radio().send(echo, "192.168.20.31", 1);
        at.flex().send(echo, "192.168.20.40", 2);
        String reply = "p[ICMP].type == 0 and p[ICMP].id == 77 and p[ICMP].seq == %d and sound(p)";
        at.radio().sees(reply, 1);
        at.flex().sees(reply, 2);
    }

    @Test
    @Tag("N2")
    default void anotherPortOfAHostThatWasSpokenTo() throws IOException {
        NatContract.Stations at = at().fresh();
        at.radio()
                .send("IP(src='192.168.20.31',dst='198.51.100.2')/UDP(sport=6004,dport=6902)/b'q'");
        int external = at.client().see("p[Raw].load == b'q'", "p[UDP].sport");
        at.client()
                .send(
                        "IP(src='198.51.100.2',dst='198.51.100.1')/UDP(sport=6903,dport=%d)/b'another'",
                        external);
        at.radio()
                .seesOnlyIf(
                        at.differences().anotherPortOfTheSameHostIsLetIn(),
                        "p[Raw].load == b'another' and p[UDP].sport == 6903");
    }

    @Test
    @Tag("N2")
    default void hostThatWasNeverSpokenToIsNotLetIn() throws IOException {
        NatContract.Stations at = at().fresh();
        at.radio()
                .send("IP(src='192.168.20.31',dst='198.51.100.2')/UDP(sport=6005,dport=6902)/b'q'");
        int external = at.client().see("p[Raw].load == b'q'", "p[UDP].sport");
        at.client()
                .send(
                        "IP(src='198.51.100.77',dst='198.51.100.1')/UDP(sport=6902,dport=%d)/b'stranger'",
                        external);
        assertTrue(at.radio().seesNone("p[Raw].load == b'stranger'"));
    }

    @Test
    @Tag("N7")
    default void udpHairpinShowsTheExternalSourceAndIsAnswered() throws IOException {
        NatContract.Stations at = at().fresh();
        at.flex()
                .send(
                        "IP(src='192.168.20.40',dst='198.51.100.1')/UDP(sport=6006,dport=50001)/b'hair'");
        int external =
                at.radio()
                        .see(
                                "p[Raw].load == b'hair' and p.src == '198.51.100.1' and sound(p)",
                                "p[UDP].sport");
        at.radio()
                .send(
                        "IP(src='192.168.20.31',dst='198.51.100.1')/UDP(sport=50001,dport=%d)/b'pin'",
                        external);
        at.flex()
                .sees(
                        "p[Raw].load == b'pin' and p.src == '198.51.100.1' and p[UDP].sport == 50001"
                                + " and p[UDP].dport == 6006 and sound(p)");
    }

    @Test
    @Tag("N7")
    default void tcpHairpinShowsTheExternalSourceAndIsAnswered() throws IOException {
        NatContract.Stations at = at().fresh();
        at.flex()
                .send(
                        "IP(src='192.168.20.40',dst='198.51.100.1')/TCP(sport=6007,dport=8080,flags='S',seq=9)");
        int external =
                at.radio()
                        .see(
                                "p[TCP].seq == 9 and p.src == '198.51.100.1' and sound(p)",
                                "p[TCP].sport");
        at.radio()
                .send(
                        "IP(src='192.168.20.31',dst='198.51.100.1')/TCP(sport=8080,dport=%d,flags='SA',seq=1,ack=10)",
                        external);
        at.flex().sees("p[TCP].ack == 10 and p.src == '198.51.100.1' and p[TCP].dport == 6007");
    }

    @Test
    @Tag("N35")
    default void protocolsWithoutPortsGoByTheirAddress() throws IOException {
        NatContract.Stations at = at().fresh();
        String packet = "IP(src='%s',dst='%s',proto=%d)/Raw(bytes(16))";
        for (int protocol : new int[] {4, 41, 47, 50}) {
            at.radio().send(packet, "192.168.20.31", "198.51.100.2", protocol);
            at.client().sees("p.proto == %d and p.src == '198.51.100.1'", protocol);
            at.client().send(packet, "198.51.100.2", "198.51.100.1", protocol);
            at.radio()
                    .sees(
                            "p.proto == %d and p.src == '198.51.100.2' and p.dst =="
                                    + " '192.168.20.31'",
                            protocol);
        }
    }
}
