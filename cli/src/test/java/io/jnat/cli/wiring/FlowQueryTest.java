package io.jnat.cli.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.jnat.cli.config.toml.ConfigReader;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.FlowFilter;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.wireguard.PeerConfig;
import io.jnat.wireguard.PeerStatus;
import io.jnat.wireguard.WireGuardKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("N56")
final class FlowQueryTest {
    private static final List<String> RULES = List.of("others", "forward dmr", "allow dmr");

    @TempDir private Path folder;

    private FlowQuery query;

    @BeforeEach
    void router() throws Exception {
        Path file = folder.resolve("router.toml");
        Files.writeString(
                file,
                """
                role = "router"
                lan = ["eth1"]
                wan = "eth0"
                [tunnel]
                address = "10.99.0.2/24"
                private-key-file = "router.key"
                [relay]
                endpoint = "198.51.100.1:51820"
                public-key = "nUfail2MJBkdVu/KW4cKCRajwj47C5VA2a4Tf3c0JTg="
                """);
        Path key = folder.resolve("router.key");
        Files.writeString(key, "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=\n");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        query = new FlowQuery(ConfigReader.load(file).config(), List.of(), () -> RULES);
    }

    @Test
    void aRuleThatIsNotThereIsNotAnsweredWithNoFlows() {
        assertEquals("dmr", query.parse(List.of("rule=dmr")).rule());
        assertEquals("forward dmr", query.parse(List.of("rule=forward dmr")).rule());
        assertEquals("others", query.parse(List.of("rule=others")).rule());
        IllegalArgumentException wrong =
                assertThrows(
                        IllegalArgumentException.class, () -> query.parse(List.of("rule=dnr")));
        assertEquals(
                "rule=dnr: no such rule (expected one of: others, dmr; did you mean \"dmr\"?)",
                wrong.getMessage());
    }

    @Test
    void protocolsAreAskedForByTheNameThatFlowsHave() {
        assertEquals(Protocol.ICMPV6, query.parse(List.of("proto=icmpv6")).protocol());
        assertEquals(Protocol.ICMP, query.parse(List.of("proto=icmp")).protocol());
    }

    /** Two sites may use the same addresses. */
    @Test
    void aDeviceOfARelayIsAskedForAtItsSite() throws Exception {
        Path file = folder.resolve("relay.toml");
        Files.writeString(
                file,
                """
                role = "relay"
                public = "eth0"
                [tunnel]
                address = "10.99.0.1/24"
                private-key-file = "router.key"
                [[site]]
                name = "hut"
                public-key = "nUfail2MJBkdVu/KW4cKCRajwj47C5VA2a4Tf3c0JTg="
                address = "10.99.0.2"
                networks = ["192.168.20.0/24"]
                [device]
                dmr = "hut:192.168.20.31"
                """);
        PeerConfig hut =
                new PeerConfig(
                        "hut",
                        WireGuardKey.generatePrivate().publicKey(),
                        null,
                        null,
                        List.of(),
                        0,
                        0);
        PeerStatus peer =
                new PeerStatus(
                        7, hut, false, null, null, null, null, 0, 0, 0, Map.of(), 0, 0, 0, 0, 0, 0,
                        List.of());
        FlowQuery relay =
                new FlowQuery(ConfigReader.load(file).config(), List.of(peer), () -> RULES);
        FlowFilter filter = relay.parse(List.of("device=dmr"));
        assertEquals(7, filter.peer());
        assertEquals(Ipv4Prefix.parse("192.168.20.31/32"), filter.device());
    }

    @Test
    void eachStateThatThereIsIsNamedOnce() {
        IllegalArgumentException wrong =
                assertThrows(
                        IllegalArgumentException.class, () -> query.parse(List.of("state=shut")));
        assertEquals(
                "state=shut: no such state (expected one of: one-way, two-way, opening,"
                        + " established, half-closed, closed, reset, picked-up, held)",
                wrong.getMessage());
    }
}
