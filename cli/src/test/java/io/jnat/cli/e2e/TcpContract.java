package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TCP segment by segment, through a forward and out of a device. */
interface TcpContract {

    NatContract.Stations at();

    /** A segment from outside to the forwarded port. */
    private void in(int port, String fields) throws IOException {
        at().client()
                .send(
                        "IP(src='198.51.100.2',dst='198.51.100.1')/TCP(sport=%d,dport=8080,%s)",
                        port, fields);
    }

    /** A segment of the radio's server. */
    private void out(int port, String fields) throws IOException {
        at().radio()
                .send(
                        "IP(src='192.168.20.31',dst='198.51.100.2')/TCP(sport=8080,dport=%d,%s)",
                        port, fields);
    }

    private void arrivesInside(int port, String that) throws IOException {
        at().radio()
                .sees(
                        "p[TCP].sport == %d and p.src == '198.51.100.2' and sound(p) and %s",
                        port, that);
    }

    private void arrivesOutside(int port, String that) throws IOException {
        at().client()
                .sees(
                        "p[TCP].dport == %d and p.src == '198.51.100.1' and sound(p) and %s",
                        port, that);
    }

    /** A connection from outside: the client has sent up to 1001, the server up to 5001. */
    private void connect(int port) throws IOException {
        at().fresh();
        in(port, "flags='S',seq=1000,window=8192");
        arrivesInside(port, "p[TCP].flags == 'S'");
        out(port, "flags='SA',seq=5000,ack=1001,window=8192");
        arrivesOutside(port, "p[TCP].flags == 'SA'");
        in(port, "flags='A',seq=1001,ack=5001,window=8192");
        arrivesInside(port, "p[TCP].flags == 'A'");
    }

    private void stillCarries(int port) throws IOException {
        in(port, "flags='PA',seq=1001,ack=5001,window=8192)/(b'still'");
        arrivesInside(port, "p[Raw].load == b'still'");
        out(port, "flags='PA',seq=5001,ack=1006,window=8192)/(b'here'");
        arrivesOutside(port, "p[Raw].load == b'here'");
    }

    @Test
    @Tag("N20")
    default void resetInTheWindowPassesBothWays() throws IOException {
        connect(6400);
        in(6400, "flags='R',seq=1001");
        arrivesInside(6400, "'R' in p[TCP].flags");
        connect(6401);
        out(6401, "flags='RA',seq=5001,ack=1001");
        arrivesOutside(6401, "'R' in p[TCP].flags");
    }

    @Test
    @Tag("N20")
    default void resetOutOfTheWindowDoesNotPassAndHarmsNothing() throws IOException {
        connect(6402);
        in(6402, "flags='R',seq=900001001");
        in(6402, "flags='RA',seq=3000000000,ack=5001");
        assertTrue(at().radio().seesNone("p[TCP].sport == 6402 and 'R' in p[TCP].flags"));
        out(6402, "flags='R',seq=900005001");
        assertTrue(at().client().seesNone("p[TCP].dport == 6402 and 'R' in p[TCP].flags"));
        stillCarries(6402);
    }

    @Test
    @Tag("N20")
    default void bothEndsMayOpenAtOnceThroughAForward() throws IOException {
        at().fresh();
        in(6403, "flags='S',seq=1000");
        out(6403, "flags='S',seq=5000");
        arrivesInside(6403, "p[TCP].flags == 'S' and p[TCP].seq == 1000");
        arrivesOutside(6403, "p[TCP].flags == 'S' and p[TCP].seq == 5000");
        in(6403, "flags='SA',seq=1000,ack=5001");
        out(6403, "flags='SA',seq=5000,ack=1001");
        arrivesInside(6403, "p[TCP].flags == 'SA'");
        arrivesOutside(6403, "p[TCP].flags == 'SA'");
        stillCarries(6403);
    }

    @Test
    @Tag("N20")
    default void bothEndsMayOpenAtOnceFromADevice() throws IOException {
        NatContract.Stations at = at().fresh();
        at.radio()
                .send(
                        "IP(src='192.168.20.31',dst='198.51.100.2')/TCP(sport=6404,dport=6912,flags='S',seq=7)");
        at.client().sees("p[TCP].dport == 6912 and p[TCP].sport == 6404");
        at.client()
                .send(
                        "IP(src='198.51.100.2',dst='198.51.100.1')/TCP(sport=6912,dport=6404,flags='S',seq=8)");
        at.radio().sees("p[TCP].sport == 6912 and p[TCP].flags == 'S' and sound(p)");
        at.radio()
                .send(
                        "IP(src='192.168.20.31',dst='198.51.100.2')/TCP(sport=6404,dport=6912,flags='SA',seq=7,ack=9)");
        at.client().sees("p[TCP].flags == 'SA' and p[TCP].ack == 9");
    }

    @Test
    @Tag("N20")
    default void halfClosedConnectionCarriesTheOtherHalf() throws IOException {
        connect(6405);
        in(6405, "flags='FA',seq=1001,ack=5001");
        arrivesInside(6405, "'F' in p[TCP].flags");
        out(6405, "flags='A',seq=5001,ack=1002");
        arrivesOutside(6405, "p[TCP].ack == 1002");
        for (int sequence = 5001; sequence < 5041; sequence += 4) {
            out(6405, "flags='PA',seq=" + sequence + ",ack=1002)/(b'more'");
            arrivesOutside(6405, "p[TCP].seq == " + sequence + " and p[Raw].load == b'more'");
        }
        out(6405, "flags='FA',seq=5041,ack=1002");
        arrivesOutside(6405, "'F' in p[TCP].flags");
        in(6405, "flags='A',seq=1002,ack=5042");
        arrivesInside(6405, "p[TCP].ack == 5042");
    }

    @Test
    @Tag("N20")
    default void synInAConnectionIsAnsweredWithItsChallenge() throws IOException {
        connect(6406);
        in(6406, "flags='S',seq=77777");
        arrivesInside(6406, "p[TCP].seq == 77777");
        out(6406, "flags='A',seq=5001,ack=1001");
        arrivesOutside(6406, "p[TCP].flags == 'A' and p[TCP].ack == 1001");
        in(6406, "flags='R',seq=1001");
        arrivesInside(6406, "'R' in p[TCP].flags");
        in(6406, "flags='S',seq=77777");
        arrivesInside(6406, "p[TCP].seq == 77777");
    }

    @Test
    @Tag("N22")
    default void mssIsClampedBothWays() throws IOException {
        at().fresh();
        in(6407, "flags='S',seq=1,options=[('MSS',1460),('WScale',7)]");
        arrivesInside(6407, "dict(p[TCP].options)['MSS'] == 1380");
        out(6407, "flags='SA',seq=1,ack=2,options=[('MSS',1460)]");
        arrivesOutside(6407, "dict(p[TCP].options)['MSS'] == 1380");
        in(6408, "flags='S',seq=1,options=[('MSS',536)]");
        arrivesInside(6408, "dict(p[TCP].options)['MSS'] == 536");
    }

    @Test
    @Tag("N20")
    default void segmentThatBelongsToNothingIsNotLetIn() throws IOException {
        NatContract.Stations at = at().fresh();
        at.client()
                .send(
                        "IP(src='198.51.100.2',dst='198.51.100.1')/TCP(sport=6409,dport=6410,flags='SA',seq=1,ack=1)");
        in(6409, "flags='SA',seq=1,ack=1");
        in(6409, "flags='R',seq=1");
        assertTrue(at.radio().seesNone("p[TCP].sport == 6409"));
    }

    @ParameterizedTest
    @Tag("N20")
    @ValueSource(strings = {"", "F", "P", "FPU", "SF"})
    default void flagsThatNoConnectionHasAreNotLetIn(String flags) throws IOException {
        at().fresh();
        in(6411, "flags='" + flags + "',seq=1,ack=1");
        assertTrue(at().radio().seesNone("p[TCP].sport == 6411"));
    }

    @Test
    @Tag("N20")
    default void dataOutOfTheWindowHarmsNothing() throws IOException {
        connect(6412);
        in(6412, "flags='PA',seq=3001001,ack=5001,window=8192)/(b'far'");
        at().radio()
                .seesOnlyIf(
                        at().differences().dataOutOfTheWindowIsPassedOn(),
                        "p[TCP].sport == 6412 and p[TCP].seq == 3001001 and sound(p)");
        stillCarries(6412);
    }
}
