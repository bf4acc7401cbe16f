package io.jnat.cli.config.toml;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.config.AllowConfig;
import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.ConfigText;
import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.ForwardConfig;
import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.PortRange;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.RouterConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names for networks, ports and devices in rules. */
@Tag("N41")
final class AliasesTest {
    @TempDir private Path folder;

    @BeforeEach
    void copy() throws IOException {
        Examples.copyTo(folder);
    }

    private JnatConfig with(String file, String more) throws Exception {
        Path path = folder.resolve(file);
        Files.writeString(path, Files.readString(path) + more);
        return ConfigReader.load(path).config();
    }

    @Test
    void anAliasStandsForItsNetworksAndPortsAndThoseOfOthersInIt() throws Exception {
        RelayConfig relay =
                (RelayConfig)
                        with(
                                "relay.toml",
                                """

                                [alias]
                                club = ["203.0.113.0/24", "2001:db8::/32"]
                                friends = ["club", "198.51.100.7"]
                                sip = ["udp/5060", "tcp/5060-5061"]
                                [[forward]]
                                name = "sip"
                                listen = ["sip", "udp/5090"]
                                to = "dmr"
                                from = ["friends", "203.0.113.0/24"]
                                """);
        ForwardConfig sip = relay.forwards().getLast();
        assertEquals(
                List.of("udp/5060", "tcp/5060-5061", "udp/5090"),
                sip.listen().stream().map(PortRange::toString).toList());
        assertEquals(
                List.of(
                        Cidr.of("203.0.113.0/24"),
                        Cidr.of("2001:db8::/32"),
                        Cidr.of("198.51.100.7")),
                sip.from());
    }

    @Test
    void anAliasMayStandInTwoThatAreInAThird() throws Exception {
        RelayConfig relay =
                (RelayConfig)
                        with(
                                "relay.toml",
                                """

                                [alias]
                                me = ["203.0.113.7"]
                                club = ["me"]
                                hams = ["me"]
                                both = ["club", "hams"]
                                all = ["both"]
                                [[forward]]
                                listen = "udp/5090"
                                to = "dmr"
                                from = "all"
                                """);
        assertEquals(List.of(Cidr.of("203.0.113.7")), relay.forwards().getLast().from());
    }

    @Test
    void aGroupOfDevicesIsCapturedAndAllowed() throws Exception {
        Path path = folder.resolve("router.toml");
        String text = Files.readString(path).replace("[\"dmr\", \"flex\"]", "\"radios\"");
        Files.writeString(path, text);
        RouterConfig router =
                (RouterConfig)
                        with(
                                "router.toml",
                                """

                                [alias]
                                radios = ["dmr", "flex"]
                                [[allow]]
                                name = "web"
                                to = ["radios", "192.168.20.99"]
                                ports = "tcp/80"
                                sources = "rfc1918"
                                """);
        assertEquals(
                List.of("dmr", "flex"),
                router.captured().stream().map(DeviceConfig::name).toList());
        AllowConfig web = router.allows().getLast();
        assertEquals(
                List.of("dmr", "flex", "192.168.20.99"),
                web.to().stream().map(DeviceConfig::name).toList());
        assertEquals(3, web.sources().size());
    }

    @Test
    void whatIsPrivateIsBuiltInForBothFamilies() throws Exception {
        RelayConfig relay =
                (RelayConfig)
                        with(
                                "relay.toml",
                                """

                                [[forward]]
                                name = "inside"
                                listen = "udp/6000"
                                to = "dmr"
                                from = "private"
                                """);
        List<Cidr> from = relay.forwards().getLast().from();
        for (String inside :
                List.of("10.1.2.3", "172.31.0.1", "192.168.1.1", "100.64.0.1", "169.254.9.9")) {
            assertTrue(RuleOverlaps.covers(from, List.of(Cidr.of(inside))), inside);
        }
        for (String inside : List.of("127.0.0.1", "224.0.0.1", "fd00::1", "fe80::1", "ff02::1")) {
            assertTrue(RuleOverlaps.covers(from, List.of(Cidr.of(inside))), inside);
        }
        for (String outside : List.of("172.32.0.1", "100.128.0.1", "2001:db8::1", "8.8.8.8")) {
            assertFalse(RuleOverlaps.covers(from, List.of(Cidr.of(outside))), outside);
        }
    }

    @Test
    @Tag("N40")
    void theSamePortMayBeForwardedForFewerPeopleFirst() throws Exception {
        RelayConfig relay =
                (RelayConfig)
                        with(
                                "relay.toml",
                                """

                                [[forward]]
                                name = "club"
                                listen = "udp/6000"
                                to = "dmr"
                                from = "203.0.113.0/24"
                                [[forward]]
                                name = "everybody"
                                listen = "udp/6000"
                                to = "flex"
                                """);
        assertEquals("everybody", relay.forwards().getLast().name());
    }

    @Test
    void aliasesThatHoldEachOtherAreAnErrorWhereverTheyAreNamed() throws Exception {
        Path file = folder.resolve("relay.toml");
        Files.writeString(
                file,
                Files.readString(file)
                        + """

                        [alias]
                        a = ["203.0.113.0/24", "b"]
                        b = ["203.0.114.0/24", "c"]
                        c = ["203.0.115.0/24", "a"]
                        [[forward]]
                        listen = "udp/6000"
                        to = "dmr"
                        from = "b"
                        """);
        List<ConfigProblem> problems = Examples.problemsOf(file);
        assertEquals(3, problems.size(), problems::toString);
        assertTrue(problems.getFirst().message().contains("does not hold itself"));
    }

    @Test
    void whatIsShownReadsBackTheSame() throws Exception {
        RouterConfig router =
                (RouterConfig)
                        with(
                                "router.toml",
                                """

                                [alias]
                                radios = ["dmr", "flex"]
                                [[allow]]
                                name = "web"
                                to = "radios"
                                ports = "tcp/80"
                                sources = "rfc1918"
                                """);
        Path again = folder.resolve("again.toml");
        Files.writeString(again, ConfigText.of(router, true));
        RouterConfig read = (RouterConfig) ConfigReader.load(again).config();
        assertEquals(ConfigText.of(router, true), ConfigText.of(read, true));
    }
}
