package io.jnat.cli.why;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("N56")
final class PacketTextTest {
    private static final int ICMP = 1;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int ICMPV6 = 58;

    private static ByteBuffer packet(int protocol, String from, String to) {
        return PacketText.packet(
                protocol, InetAddress.ofLiteral(from), 4000, InetAddress.ofLiteral(to), 55_193);
    }

    private static ByteBuffer six(int protocol) {
        return packet(protocol, "2001:db8:51::7", "2001:db8:20::31");
    }

    /** RFC 8200 section 8.1: pseudo header and payload add up to all ones. */
    private static void assertSound(ByteBuffer six, int protocol) {
        int length = six.limit() - 40;
        int sum = length + protocol;
        for (int at = 8; at < six.limit(); at += 2) {
            sum += six.getShort(at) & 0xffff;
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        assertEquals(0xffff, sum);
        assertEquals(6, six.get(0) >>> 4);
        assertEquals(length, six.getShort(4));
        assertEquals(protocol, six.get(6));
    }

    @Test
    void ipv6PacketsAreWholeAndTheirChecksumsRight() {
        assertSound(six(TCP), TCP);
        assertSound(six(UDP), UDP);
        assertSound(six(ICMP), ICMPV6);
        assertEquals((byte) 128, six(ICMP).get(40), "an echo request (RFC 4443 section 4.1)");
    }

    @Test
    void addressesWithPortsAreToldApartFromThem() {
        assertEquals("[2001:db8:51::7]:4000 -> [2001:db8:20::31]:55193", PacketText.text(six(UDP)));
        assertEquals("2001:db8:51::7 -> 2001:db8:20::31", PacketText.text(six(ICMP)));
        assertEquals(
                "198.51.100.7:4000 -> 192.0.2.1:55193",
                PacketText.text(packet(TCP, "198.51.100.7", "192.0.2.1")));
    }

    @Test
    void onlyAnIpv4PacketIsForWhateverAddressTheRelayHas() {
        assertTrue(
                PacketText.isToAnyOfTheRelays(
                        PacketText.toAnyOfTheRelays(packet(UDP, "198.51.100.7", "192.0.2.1"))));
        assertFalse(PacketText.isToAnyOfTheRelays(packet(UDP, "2001:db8::7", "::")));
    }

    @Test
    void whatIsCutOffIsNotRead() {
        ByteBuffer whole = six(UDP);
        for (int length = 0; length < 48; length++) {
            assertFalse(PacketText.isReadable(whole.slice(0, length)), length + " bytes");
        }
        assertTrue(PacketText.isReadable(whole.slice(0, 48)));
    }
}
