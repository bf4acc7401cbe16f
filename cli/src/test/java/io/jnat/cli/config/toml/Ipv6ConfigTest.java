package io.jnat.cli.config.toml;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.ConfigText;
import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.RouterConfig;
import io.jnat.cli.config.Values;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** IPv6 in both configurations; what is wrong with it is among the wrong files. */
final class Ipv6ConfigTest {
    @TempDir private Path folder;

    @BeforeEach
    void examples() throws IOException {
        Examples.copyTo(folder);
    }

    private LoadedConfig load(String name, String devices, String rules) throws Exception {
        Path file = folder.resolve(name);
        String text =
                Files.readString(file)
                        .replace("192.168.20.0/24\"]", "192.168.20.0/24\", \"2001:db8:20::/64\"]")
                        .replace("[device]", "[device]\n" + devices)
                        .replace("[\"dmr\", ", "[\"2001:db8:20::/64\", \"dmr\", ");
        Files.writeString(file, text + rules);
        return ConfigReader.load(file);
    }

    private void assertShownReadsBack(JnatConfig config, String expected) throws Exception {
        String shown = ConfigText.of(config, true);
        assertTrue(shown.contains(expected), shown);
        Path copy = Files.writeString(folder.resolve("copy.toml"), shown);
        assertEquals(shown, ConfigText.of(ConfigReader.load(copy).config(), true));
    }

    @Test
    @Tag("N40")
    void devicesOfARelayHaveTheirPortsForThemselves() throws Exception {
        LoadedConfig loaded =
                load(
                        "relay.toml",
                        """
                        dmr6 = "wa7vc:2001:db8:20::31"
                        flex6 = "wa7vc:2001:db8:20:0:0:0:0:40"
                        """,
                        """

                        [[forward]]
                        name = "dmr6"
                        listen = "udp/55193"
                        to = "dmr6"
                        to-port = 55193

                        [[forward]]
                        name = "flex6"
                        listen = ["udp/55193", "tcp/22", "udp/51820"]
                        to = "flex6"
                        """);
        assertEquals(List.of(), loaded.warnings());
        RelayConfig relay = assertInstanceOf(RelayConfig.class, loaded.config());
        assertEquals("wa7vc:2001:db8:20::31", relay.forwards().get(3).to().target());
        assertShownReadsBack(relay, "flex6 = \"wa7vc:2001:db8:20::40\"");
        assertShownReadsBack(relay, "networks = [\"192.168.20.0/24\", \"2001:db8:20::/64\"]");
    }

    @Test
    @Tag("N42")
    void routerCapturesAddressesAndPrefixes() throws Exception {
        LoadedConfig loaded =
                load(
                        "router.toml",
                        """
                        dmr6 = "2001:db8:20::31"
                        all6 = { address = "2001:db8:20::/64", ipv6 = "direct" }
                        """,
                        """

                        [[allow]]
                        name = "six"
                        to = ["dmr6", "2001:db8:20:0:1::/80"]
                        ports = "udp/55193"
                        """);
        assertEquals(List.of(), loaded.warnings());
        RouterConfig router = assertInstanceOf(RouterConfig.class, loaded.config());
        DeviceConfig all =
                router.devices().stream()
                        .filter(device -> device.name().equals("all6"))
                        .findFirst()
                        .orElseThrow();
        assertEquals(Cidr.of("2001:db8:20::/64"), all.network());
        assertTrue(all.v6() && all.ipv6Direct());
        assertShownReadsBack(
                router, "all6 = { address = \"2001:db8:20::/64\", ipv6 = \"direct\" }");
    }

    @Test
    @Tag("N40")
    void allOfIpv4IsNotAnybody() throws Exception {
        LoadedConfig loaded =
                load(
                        "router.toml",
                        "dmr6 = \"2001:db8:20::31\"\n",
                        """

                        [[allow]]
                        name = "four"
                        to = ["dmr", "dmr6"]
                        ports = "tcp/80"
                        sources = "0.0.0.0/0"

                        [[allow]]
                        name = "six"
                        to = "dmr6"
                        ports = "tcp/80"

                        [[allow]]
                        name = "again"
                        to = "dmr"
                        ports = "tcp/80"
                        """);
        assertEquals(1, loaded.warnings().size(), loaded.warnings()::toString);
        String said = loaded.warnings().getFirst().toString();
        assertTrue(said.contains("\"again\": never reached"), said);
    }

    @ParameterizedTest
    @CsvSource({
        "2001:db8:20:0:0:0:0:31, 2001:db8:20::31",
        "2001:db8:0:0:20:0:0:40, 2001:db8::20:0:0:40",
        "2001:db8:0:1:20:0:0:0, 2001:db8:0:1:20::",
        "0:0:0:0:0:0:0:0, ::",
        "0:0:0:0:0:0:0:1, ::1",
        "2001:db8:1:2:3:4:5:6, 2001:db8:1:2:3:4:5:6",
        "192.168.0.1, 192.168.0.1"
    })
    void addressesAreWrittenShort(String plain, String shortest) {
        assertEquals(shortest, Values.text(InetAddress.ofLiteral(plain)));
        assertEquals(InetAddress.ofLiteral(plain), InetAddress.ofLiteral(shortest));
    }
}
