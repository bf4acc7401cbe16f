package io.jnat.cli.why;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.config.toml.ConfigReader;
import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.why.Endpoints.Endpoint;
import io.jnat.cli.why.Endpoints.Kind;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is meant. */
@Tag("N56")
final class EndpointsTest {
    @TempDir private Path folder;
    private Endpoints relay;
    private Endpoints router;

    @BeforeEach
    void readBoth() throws Exception {
        LabFiles files = LabFiles.write(folder);
        relay = read(files.relay(), "dmr6 = \"hilltop:2001:db8:20::31\"");
        router = read(files.router(), "all6 = \"2001:db8:20::/64\"");
    }

    private static Endpoints read(Path file, String device) throws Exception {
        String text = Files.readString(file);
        Files.writeString(
                file,
                text.replace("[device]", "[device]\n" + device)
                        .replace(
                                "\"192.168.20.0/24\"]",
                                "\"192.168.20.0/24\", \"2001:db8:20::/64\"]"));
        return new Endpoints(ConfigReader.load(file).config());
    }

    private static Endpoint endpoint(Kind kind, String site, String address, int port) {
        return new Endpoint(kind, site, InetAddress.ofLiteral(address), port);
    }

    @Test
    void ipv4AddressesDevicesAndTheRelayAreUnderstood() {
        assertEquals(
                endpoint(Kind.ADDRESS, "", "198.51.100.7", 4000), relay.parse("198.51.100.7:4000"));
        assertEquals(
                endpoint(Kind.DEVICE, "hilltop", "192.168.20.40", 5060), relay.parse("flex:5060"));
        assertEquals(
                endpoint(Kind.DEVICE, "hilltop", "192.168.20.9", 22),
                relay.parse("hilltop:192.168.20.9:22"));
        assertEquals(endpoint(Kind.RELAY, "", "0.0.0.0", 55_193), relay.parse("relay:55193"));
    }

    @Test
    void ipv6AddressesStandInBracketsWhenAPortFollows() {
        assertEquals(
                endpoint(Kind.ADDRESS, "", "2001:db8::7", 4000), relay.parse("[2001:db8::7]:4000"));
        assertEquals(endpoint(Kind.ADDRESS, "", "2001:db8::7", 0), relay.parse("[2001:db8::7]"));
        assertEquals(endpoint(Kind.ADDRESS, "", "2001:db8::7", 0), relay.parse("2001:db8::7"));
        assertEquals(
                endpoint(Kind.ADDRESS, "", "2001:db8::7:53", 0), relay.parse("2001:db8::7:53"));
        assertEquals(
                endpoint(Kind.DEVICE, "hilltop", "2001:db8:20::9", 22),
                relay.parse("hilltop:[2001:db8:20::9]:22"));
        assertEquals(
                endpoint(Kind.DEVICE, "hilltop", "2001:db8:20::9", 0),
                relay.parse("hilltop:2001:db8:20::9"));
        assertEquals(
                endpoint(Kind.DEVICE, "hilltop", "2001:db8:20::31", 6200),
                relay.parse("dmr6:6200"));
    }

    @Test
    void siteOfAnAddressIsFoundInBothVersions() {
        assertEquals("hilltop", relay.siteOf(InetAddress.ofLiteral("2001:db8:20::9")));
        assertEquals("hilltop", relay.siteOf(InetAddress.ofLiteral("192.168.20.9")));
        assertEquals("", relay.siteOf(InetAddress.ofLiteral("2001:db8:21::9")));
    }

    private static void refuses(Endpoints endpoints, String text, String because) {
        String said =
                assertThrows(IllegalArgumentException.class, () -> endpoints.parse(text))
                        .getMessage();
        assertTrue(said.contains(because), said);
    }

    @Test
    void whatIsNotUnderstoodIsSaid() {
        refuses(router, "all6:5060", "all6: a network (expected: one of its addresses");
        refuses(router, "2001:db8::/64", "a network (expected: an address)");
        refuses(relay, "[2001:db8::7]:70000", "expected: 1 to 65535");
        refuses(relay, "[2001:db8::g]:7", "no such device");
        refuses(relay, "flexx:5060", "did you mean \"flex\"?");
        refuses(relay, "hilltop:[2001:db8::]:99999", "expected: 1 to 65535");
    }
}
