package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** ICMP errors, whole and cut short, in both directions, and what they carry. */
interface ErrorContract {
    /** Type, code, and the rest of the header. */
    String ERRORS =
            """
            3, 0, 0
            3, 1, 0
            3, 2, 0
            3, 3, 0
            3, 4, 1300
            3, 9, 0
            3, 10, 0
            3, 13, 0
            11, 0, 0
            11, 1, 0
            12, 0, 0
            """;

    NatContract.Stations at();

    @ParameterizedTest
    @Tag("N30")
    @CsvSource(textBlock = ERRORS)
    default void errorAboutAForwardedPacketComesBackAsThoughAboutWhatWasSent(
            int type, int code, int rest) throws IOException {
        NatContract.Stations at = at().fresh();
        at.client()
                .send(
                        "IP(src='198.51.100.2',dst='198.51.100.1')/UDP(sport=6100,dport=50002)/b'in'");
        at.radio().sees("p[Raw].load == b'in' and p[UDP].dport == 50002");
        at.radio()
                .send("error(last, '192.168.20.31', '198.51.100.2', %d, %d, %d)", type, code, rest);
        at.client()
                .sees(
                        "p[ICMP].type == %d and p[ICMP].code == %d and p.src == '198.51.100.1' and"
                                + " sound(p) and bytes(p[ICMP])[4:8] == (%d).to_bytes(4, 'big') and"
                                + " quote(p).src == '198.51.100.2' and quote(p).dst == '198.51.100.1'"
                                + " and quote(p)[UDP].sport == 6100 and quote(p)[UDP].dport == 50002",
                        type, code, rest);
        // It has neither ended nor changed the flow.
        at.client()
                .send(
                        "IP(src='198.51.100.2',dst='198.51.100.1')/UDP(sport=6100,dport=50002)/b'on'");
        at.radio().sees("p[Raw].load == b'on'");
    }

    @ParameterizedTest
    @Tag("N30")
    @CsvSource(textBlock = ERRORS)
    default void errorOfARouterOnTheWayReachesTheDeviceAsThoughAboutWhatItSent(
            int type, int code, int rest) throws IOException {
        NatContract.Stations at = at().fresh();
        at.radio()
                .send(
                        "IP(src='192.168.20.31',dst='198.51.100.2')/UDP(sport=6101,dport=6905)/b'out'");
        at.client().sees("p[Raw].load == b'out'");
        at.client()
                .send(
                        "error(last, '198.51.100.254', '198.51.100.1', %d, %d, %d)",
                        type, code, rest);
        at.radio()
                .sees(
                        "p[ICMP].type == %d and p[ICMP].code == %d and p.src == '198.51.100.254' and"
                                + " sound(p) and bytes(p[ICMP])[4:8] == (%d).to_bytes(4, 'big') and"
                                + " quote(p).src == '192.168.20.31' and quote(p).dst =="
                                + " '198.51.100.2' and quote(p)[UDP].sport == 6101 and"
                                + " quote(p)[UDP].dport == 6905",
                        type, code, rest);
    }

    @Test
    @Tag("N30")
    default void errorThatQuotesEightBytesOfTcpIsTranslated() throws IOException {
        NatContract.Stations at = at().fresh();
        at.radio()
                .send(
                        "IP(src='192.168.20.31',dst='198.51.100.2')/TCP(sport=6102,dport=6906,flags='S',seq=4)");
        at.client().sees("p[TCP].dport == 6906");
        at.client().send("error(last, '198.51.100.254', '198.51.100.1', 3, 1, 0, 28)");
        at.radio()
                .sees(
                        "p[ICMP].code == 1 and sound(p) and len(quote(p)) == 28 and quote(p).src =="
                                + " '192.168.20.31' and bytes(quote(p))[20:28] =="
                                + " bytes.fromhex('17d61afa00000004')");
    }

    @Test
    @Tag("N30")
    default void errorAboutAPingFindsItsSender() throws IOException {
        NatContract.Stations at = at().fresh();
        at.radio().send("IP(src='192.168.20.31',dst='198.51.100.2')/ICMP(id=6103,seq=3)/b'ping'");
        at.client().sees("p[ICMP].type == 8 and p[ICMP].seq == 3");
        at.client().send("error(last, '198.51.100.254', '198.51.100.1', 11, 0)");
        at.radio()
                .sees(
                        "p[ICMP].type == 11 and sound(p) and quote(p).src == '192.168.20.31' and"
                                + " quote(p)[ICMP].id == 6103");
    }

    @Test
    @Tag("N30")
    default void errorOfARouterBehindTheDeviceDoesNotShowItsPrivateAddress() throws IOException {
        NatContract.Stations at = at().fresh();
        at.client()
                .send(
                        "IP(src='198.51.100.2',dst='198.51.100.1')/UDP(sport=6104,dport=50003)/b'in'");
        at.radio().sees("p[Raw].load == b'in' and p[UDP].dport == 50003");
        at.radio().send("error(last, '192.168.20.77', '198.51.100.2', 3, 1)");
        at.client().sees("p[ICMP].type == 3 and p.src == '198.51.100.1' and sound(p)");
    }

    @Test
    @Tag("N30")
    default void errorWithExtensionsKeepsThem() throws IOException {
        NatContract.Stations at = at().fresh();
        at.radio()
                .send(
                        "IP(src='192.168.20.31',dst='198.51.100.2')/UDP(sport=6105,dport=6907)/b'mpls'");
        at.client().sees("p[Raw].load == b'mpls'");
        // RFC 4884: the quote is padded to 128 bytes, its length stands in words, then RFC 4950's.
        at.client()
                .send(
                        "error(IP(bytes(last)+bytes(96)+bytes.fromhex('2000da37000801010001f101')),"
                                + " '198.51.100.254', '198.51.100.1', 11, 0, 32 << 16)");
        at.radio()
                .sees(
                        "p[ICMP].type == 11 and checksum(bytes(p[ICMP])) == 0 and quote(p).src =="
                                + " '192.168.20.31' and bytes(p)[-12:] =="
                                + " bytes.fromhex('2000da37000801010001f101')");
    }

    @Test
    @Tag("N30")
    default void forgedErrorsDoNotReachTheDevice() throws IOException {
        NatContract.Stations at = at().fresh();
        at.radio()
                .send("IP(src='192.168.20.31',dst='198.51.100.2')/UDP(sport=6106,dport=6908)/b'x'");
        at.client().sees("p[Raw].load == b'x'");
        // About a packet that was never sent, and with a wrong checksum.
        at.client()
                .send(
                        "[error(IP(src='198.51.100.1',dst='198.51.100.2')/UDP(sport=6199,dport=1),"
                                + " '198.51.100.254','198.51.100.1',3,3),"
                                + " IP(src='198.51.100.254',dst='198.51.100.1',proto=1)/Raw(bytes([3,3,1,1,0,0,0,0])+bytes(last))]");
        assertTrue(at.radio().seesNone("p[ICMP].type == 3"));
    }

    @Test
    @Tag("N30")
    default void errorAboutAHeaderThatIsBroken() throws IOException {
        NatContract.Stations at = at().fresh();
        at.radio()
                .send("IP(src='192.168.20.31',dst='198.51.100.2')/UDP(sport=6110,dport=6915)/b'x'");
        at.client().sees("p[UDP].dport == 6915");
        // Another TTL, and no checksum that says so.
        at.client()
                .send(
                        "error(bytes(last)[:8] + bytes([1]) + bytes(last)[9:], '198.51.100.254',"
                                + " '198.51.100.1', 11, 0)");
        at.radio()
                .seesOnlyIf(
                        at.differences().errorAboutABrokenHeaderIsLetIn(),
                        "p[ICMP].type == 11 and quote(p)[UDP].dport == 6915");
    }

    @Test
    @Tag("N30")
    default void errorInFragments() throws IOException {
        NatContract.Stations at = at().fresh();
        at.radio()
                .send(
                        "IP(src='192.168.20.31',dst='198.51.100.2')/UDP(sport=6111,dport=6916)/bytes(1000)");
        at.client().sees("p[UDP].dport == 6916");
        at.client().send("fragment(error(last, '198.51.100.254', '198.51.100.1', 3, 1), 512)");
        at.radio()
                .seesOnlyIf(
                        at.differences().errorInFragmentsIsLetIn(),
                        "p.frag == 0 and p[ICMP].type == 3 and quote(p)[UDP].dport == 6916");
    }

    @ParameterizedTest
    @Tag("N1")
    @ValueSource(ints = {15, 17})
    default void queriesThatAreObsolete(int type) throws IOException {
        NatContract.Stations at = at().fresh();
        at.radio()
                .send(
                        "IP(src='192.168.20.31',dst='198.51.100.2')/ICMP(type=%d,id=6112,seq=1)",
                        type);
        at.client()
                .seesOnlyIf(
                        at.differences().obsoleteQueriesAreLetOut(),
                        "p[ICMP].type == %d and p.src == '198.51.100.1'",
                        type);
    }

    @Test
    @Tag("N30")
    default void redirectsDoNotReachTheDevice() throws IOException {
        NatContract.Stations at = at().fresh();
        at.radio()
                .send("IP(src='192.168.20.31',dst='198.51.100.2')/UDP(sport=6107,dport=6909)/b'y'");
        at.client().sees("p[Raw].load == b'y'");
        at.client().send("error(last, '198.51.100.254', '198.51.100.1', 5, 1, 0xc6336405)");
        assertTrue(at.radio().seesNone("p[ICMP].type == 5"));
    }

    @Test
    @Tag("N31")
    default void senderOutsideIsToldTheTunnelsMtu() throws IOException {
        NatContract.Stations at = at().fresh();
        at.client()
                .send(
                        "IP(src='198.51.100.2',dst='198.51.100.1',flags='DF')/UDP(sport=6108,dport=50004)/bytes(1472)");
        at.client()
                .sees(
                        "p[ICMP].type == 3 and p[ICMP].code == 4 and bytes(p[ICMP])[6:8] =="
                                + " (1420).to_bytes(2,'big') and sound(p) and quote(p).dst =="
                                + " '198.51.100.1' and quote(p)[UDP].dport == 50004");
        assertTrue(at.radio().seesNone("p[UDP].dport == 50004"));
    }

    @Test
    @Tag("N31")
    default void deviceIsToldTheTunnelsMtu() throws IOException {
        NatContract.Stations at = at().fresh();
        at.radio()
                .send(
                        "IP(src='192.168.20.31',dst='198.51.100.2',flags='DF')/UDP(sport=6109,dport=6910)/bytes(1472)");
        at.radio()
                .sees(
                        "p[ICMP].type == 3 and p[ICMP].code == 4 and bytes(p[ICMP])[6:8] =="
                                + " (1420).to_bytes(2,'big') and sound(p) and quote(p).src =="
                                + " '192.168.20.31' and quote(p)[UDP].sport == 6109");
    }
}
