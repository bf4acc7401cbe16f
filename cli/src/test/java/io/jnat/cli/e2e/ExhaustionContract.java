package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.NetworkLab;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What happens when all external ports are in use, and when one comes back, asked of the kernel and
 * of jnat with the same words. There are four of them; the radio takes them all.
 */
abstract class ExhaustionContract extends RunningLab {
    static final int FIRST_PORT = 6100;
    static final int LAST_PORT = 6103;

    private static final String IN_RANGE =
            FIRST_PORT + " <= p[1].sport <= " + LAST_PORT + " and sound(p)";

    private PacketStation outside;
    private PacketStation taker;
    private PacketStation other;

    /**
     * Where jnat does something else than nftables does, on purpose.
     *
     * @param portServesAnotherDestination whether a port that is in use is another device's too, as
     *     long as they speak to different endpoints
     * @param endedUdpGivesItsPortAtOnce whether another device may have a port as soon as the UDP
     *     flow that used it has ended
     */
    record Differences(boolean portServesAnotherDestination, boolean endedUdpGivesItsPortAtOnce) {

        static final Differences KERNEL = new Differences(true, true);
        static final Differences JNAT = new Differences(false, false);
    }

    abstract Differences differences();

    /** How often a packet was refused because no port was free; -1 where nobody counts it. */
    abstract long refusals() throws IOException;

    /** Ends the flow that a device has opened from a port. */
    abstract void end(String protocol, String device, int port) throws IOException;

    /** Ends every flow, so that each test finds all ports free. */
    abstract void endAll() throws IOException;

    @BeforeAll
    void openStations() throws IOException {
        PacketStation.checksumsOnTheWire(
                client, lab.namespace("vps"), lab.namespace("site"), radio, host);
        outside = PacketStation.open(client, lab.directory(), NetworkLab.VPS);
        taker = PacketStation.open(radio, lab.directory(), NetworkLab.SITE_LAN);
        other = PacketStation.open(lab.namespace("flex"), lab.directory(), NetworkLab.SITE_LAN);
    }

    @AfterAll
    void closeStations() throws IOException {
        for (PacketStation station : new PacketStation[] {outside, taker, other}) {
            if (station != null) {
                station.close();
            }
        }
    }

    @BeforeEach
    void startWithoutFlows() throws IOException {
        endAll();
        outside.forget();
        taker.forget();
        other.forget();
    }

    private static String udp(String from, int port, int to, String payload) {
        return "IP(src='%s',dst='198.51.100.2')/UDP(sport=%d,dport=%d)/b'%s'"
                .formatted(from, port, to, payload);
    }

    private void takeAllUdpPorts() throws IOException {
        for (int port = FIRST_PORT; port <= LAST_PORT; port++) {
            taker.send(udp(NetworkLab.RADIO, port, 6900, "take" + port));
            outside.sees("p[Raw].load == b'take%d' and p[UDP].sport == %d", port, port);
        }
    }

    private void otherSpeaks(boolean passes, int port, int to, String payload) throws IOException {
        other.send(udp(NetworkLab.FLEX, port, to, payload));
        outside.seesOnlyIf(passes, "p[Raw].load == b'%s' and %s", payload, IN_RANGE);
    }

    /** Nothing at all came back to who was refused: no reset, no ICMP error. */
    private void otherHearsNothing() throws IOException {
        assertTrue(other.seesNone("p.dst == '192.168.20.40'"));
    }

    private void segmentOut(PacketStation from, String address, int port, String fields)
            throws IOException {
        from.send(
                "IP(src='%s',dst='198.51.100.2')/TCP(sport=%d,dport=6900,%s)",
                address, port, fields);
    }

    private void segmentIn(int port, String fields) throws IOException {
        outside.send(
                "IP(src='198.51.100.2',dst='198.51.100.1')/TCP(sport=6900,dport=%d,%s)",
                port, fields);
    }

    /** What is left of a handshake whose SYN has arrived outside from a port. */
    private void answerSyn(PacketStation device, String address, int port, int external)
            throws IOException {
        outside.forget(); // the port may have had another connection, with segments like these
        segmentIn(external, "flags='SA',seq=900,ack=101,window=8192");
        device.sees("p[TCP].flags == 'SA' and p[TCP].dport == %d", port);
        segmentOut(device, address, port, "flags='A',seq=101,ack=901,window=8192");
        outside.sees("p[TCP].flags == 'A' and p[TCP].sport == %d", external);
    }

    /** Both sides close it. */
    private void finish(PacketStation device, String address, int port, int external)
            throws IOException {
        outside.forget();
        segmentOut(device, address, port, "flags='FA',seq=101,ack=901");
        outside.sees("'F' in p[TCP].flags and p[TCP].sport == %d", external);
        segmentIn(external, "flags='FA',seq=901,ack=102");
        device.sees("'F' in p[TCP].flags and p[TCP].dport == %d", port);
        segmentOut(device, address, port, "flags='A',seq=102,ack=902");
        outside.sees("p[TCP].ack == 902 and p[TCP].sport == %d", external);
    }

    private void takeAllTcpPorts() throws IOException {
        for (int port = FIRST_PORT; port <= LAST_PORT; port++) {
            segmentOut(taker, NetworkLab.RADIO, port, "flags='S',seq=100,window=8192");
            outside.sees("p[TCP].flags == 'S' and p[TCP].sport == %d", port);
            answerSyn(taker, NetworkLab.RADIO, port, port);
        }
    }

    private void otherConnects(boolean passes, int port) throws IOException {
        segmentOut(other, NetworkLab.FLEX, port, "flags='S',seq=100,window=4096");
        outside.seesOnlyIf(passes, "p[TCP].window == 4096 and %s", IN_RANGE);
    }

    @Test
    @Tag("N3")
    @Tag("N6")
    void udpThatFindsNoPortIsRefusedInSilenceAndTheOthersGoOn() throws IOException {
        takeAllUdpPorts();
        long before = refusals();
        otherSpeaks(false, 6200, 6900, "fifth");
        otherSpeaks(false, FIRST_PORT, 6900, "same port");
        otherHearsNothing();
        assertEquals(before < 0 ? before : before + 2, refusals());
        for (int port = FIRST_PORT; port <= LAST_PORT; port++) {
            taker.send(udp(NetworkLab.RADIO, port, 6900, "on" + port));
            outside.sees("p[Raw].load == b'on%d' and p[UDP].sport == %d", port, port);
            outside.send(
                    "IP(src='198.51.100.2',dst='198.51.100.1')/UDP(sport=6900,dport=%d)/b'back%d'",
                    port, port);
            taker.sees("p[Raw].load == b'back%d' and p[UDP].dport == %d", port, port);
        }
    }

    @Test
    @Tag("N1")
    void whoeverHasAPortSpeaksToAnybodyByItAndNobodyElseDoes() throws IOException {
        takeAllUdpPorts();
        taker.send(udp(NetworkLab.RADIO, FIRST_PORT, 6901, "elsewhere"));
        outside.sees("p[Raw].load == b'elsewhere' and p[UDP].sport == %d", FIRST_PORT);
        otherSpeaks(differences().portServesAnotherDestination(), 6200, 6902, "to a third");
    }

    @Test
    @Tag("N5")
    void portOfAnEndedUdpFlowComesBackToItsOwnerAtOnce() throws IOException {
        takeAllUdpPorts();
        end("udp", NetworkLab.RADIO, FIRST_PORT);
        otherSpeaks(differences().endedUdpGivesItsPortAtOnce(), 6200, 6900, "freed");
        end("udp", NetworkLab.FLEX, 6200);
        taker.send(udp(NetworkLab.RADIO, FIRST_PORT, 6900, "again"));
        outside.sees("p[Raw].load == b'again' and p[UDP].sport == %d", FIRST_PORT);
    }

    @Test
    @Tag("N3")
    void connectionThatFindsNoPortIsRefusedInSilenceAndTheOthersGoOn() throws IOException {
        takeAllTcpPorts();
        long before = refusals();
        otherConnects(false, 6200);
        otherHearsNothing();
        assertEquals(before < 0 ? before : before + 1, refusals());
        for (int port = FIRST_PORT; port <= LAST_PORT; port++) {
            segmentOut(
                    taker,
                    NetworkLab.RADIO,
                    port,
                    "flags='PA',seq=101,ack=901,window=8192)/(b'still'");
            outside.sees("p[Raw].load == b'still' and p[TCP].sport == %d", port);
            segmentIn(port, "flags='A',seq=901,ack=106,window=8192");
            taker.sees("p[TCP].ack == 106 and p[TCP].dport == %d", port);
        }
    }

    @Test
    @Tag("N5")
    void portOfAConnectionThatBothSidesClosedIsAnothersAsSoonAsItsFlowHasEnded()
            throws IOException {
        takeAllTcpPorts();
        finish(taker, NetworkLab.RADIO, FIRST_PORT, FIRST_PORT);
        otherConnects(false, 6201);
        end("tcp", NetworkLab.RADIO, FIRST_PORT);
        otherConnects(true, 6201);
        // Closed as well, so that the port need not rest before the next test.
        answerSyn(other, NetworkLab.FLEX, 6201, FIRST_PORT);
        finish(other, NetworkLab.FLEX, 6201, FIRST_PORT);
    }
}
