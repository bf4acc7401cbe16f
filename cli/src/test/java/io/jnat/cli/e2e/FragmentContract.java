package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.UdpSocket;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Datagrams in pieces; a socket of the kernel at the other end says whether they make one. */
interface FragmentContract {

    int INSIDE_PORT = 50_050;
    int OUTSIDE_PORT = 6_950;

    NatContract.Stations at();

    /** Pieces of a datagram of 3000 times the letter {@code a}. */
    private static String fragments(String source, String destination, int port, int id) {
        return "fragment(IP(src='%s',dst='%s',id=%d)/UDP(sport=6200,dport=%d)/(b'a'*3000), 1200)"
                .formatted(source, destination, id, port);
    }

    private static String inbound(int id) {
        return fragments("198.51.100.2", "198.51.100.1", INSIDE_PORT, id);
    }

    private static String outbound(int id) {
        return fragments("192.168.20.31", "198.51.100.2", OUTSIDE_PORT, id);
    }

    private static void assertWhole(UdpSocket socket) throws IOException {
        byte[] expected = new byte[3000];
        Arrays.fill(expected, (byte) 'a');
        Optional<UdpSocket.Received> whole = socket.receive(Duration.ofSeconds(2));
        assertTrue(whole.isPresent(), "nothing that could be put together");
        assertArrayEquals(expected, whole.get().payload());
    }

    private UdpSocket inside() throws IOException {
        return UdpSocket.open(at().lab().namespace("radio"), INSIDE_PORT);
    }

    private UdpSocket outside() throws IOException {
        return UdpSocket.open(at().lab().namespace("client"), OUTSIDE_PORT);
    }

    @Test
    @Tag("N32")
    default void fragmentsComeInWhateverTheirOrder() throws IOException {
        try (UdpSocket socket = inside()) {
            at().client().send(inbound(1));
            assertWhole(socket);
            at().client().send(inbound(2) + "[::-1]");
            assertWhole(socket);
            at().client().send("[" + inbound(3) + "[i] for i in (1, 0, 2)]");
            assertWhole(socket);
        }
    }

    @Test
    @Tag("N32")
    default void fragmentsGoOutWhateverTheirOrder() throws IOException {
        try (UdpSocket socket = outside()) {
            at().radio().send(outbound(1));
            assertWhole(socket);
            at().radio().send(outbound(2) + "[::-1]");
            assertWhole(socket);
            at().radio().send("[" + outbound(3) + "[i] for i in (1, 0, 2)]");
            assertWhole(socket);
        }
    }

    @Test
    @Tag("N32")
    default void interleavedFragmentsOfTwoDatagramsFindTheirOwn() throws IOException {
        try (UdpSocket socket = inside()) {
            at().client()
                    .send(
                            "[f for pair in zip(%s, reversed(%s)) for f in pair]",
                            inbound(11), inbound(12));
            assertWhole(socket);
            assertWhole(socket);
        }
    }

    @Test
    @Tag("N32")
    default void fragmentThatCameTwiceHarmsNothing() throws IOException {
        try (UdpSocket socket = inside()) {
            at().client().send("[" + inbound(21) + "[i] for i in (0, 1, 1, 2)]");
            assertWhole(socket);
        }
    }

    @Test
    @Tag("N32")
    default void fragmentsWithoutAFirstOneAreNotDelivered() throws IOException {
        at().fresh();
        at().client().send(inbound(31) + "[1:]");
        assertTrue(at().radio().seesNone("p.id == 31"));
    }

    @Test
    @Tag("N32")
    default void overlapNeverReplacesWhatWasThere() throws IOException {
        try (UdpSocket socket = inside()) {
            // The second piece again, with other bytes, eight bytes further in front.
            at().client()
                    .send(
                            "(lambda f: [f[0], IP(src='198.51.100.2',dst='198.51.100.1',id=41,proto=17,"
                                    + "flags='MF',frag=f[1].frag-1)/Raw(b'b'*1200), f[1], f[2]])(%s)",
                            inbound(41));
            Optional<UdpSocket.Received> received = socket.receive(Duration.ofMillis(300));
            assertTrue(received.isEmpty(), "made of pieces that contradict each other");
            at().client().send(inbound(42));
            assertWhole(socket);
        }
    }

    @Test
    @Tag("N32")
    default void firstFragmentThatHidesTheFlags() throws IOException {
        at().fresh();
        // Eight bytes of TCP: the flags are in the second piece (RFC 1858).
        at().client()
                .send(
                        "fragment(IP(src='198.51.100.2',dst='198.51.100.1',id=51)/"
                                + "TCP(sport=6201,dport=8080,flags='S')/(b'c'*32), 8)");
        at().radio().seesOnlyIf(at().differences().tinyFirstFragmentIsLetIn(), "p.id == 51");
    }

    @Test
    @Tag("N31")
    default void largeDatagramThatMayBeCutArrivesBothWays() throws IOException {
        try (UdpSocket inside = inside();
                UdpSocket outside = outside()) {
            at().client()
                    .send(
                            "IP(src='198.51.100.2',dst='198.51.100.1',id=61)/UDP(sport=6202,dport=%d)/bytes(1472)",
                            INSIDE_PORT);
            assertEquals(
                    1472, inside.receive(Duration.ofSeconds(2)).orElseThrow().payload().length);
            at().radio()
                    .send(
                            "IP(src='192.168.20.31',dst='198.51.100.2',id=62)/UDP(sport=6202,dport=%d)/bytes(1472)",
                            OUTSIDE_PORT);
            assertEquals(
                    1472, outside.receive(Duration.ofSeconds(2)).orElseThrow().payload().length);
        }
    }
}
