package io.jnat.cli.config.toml;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.config.AllowConfig;
import io.jnat.cli.config.ConfigText;
import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.ForwardConfig;
import io.jnat.cli.config.IdleLimit;
import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.LifetimeConfig;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.RouterConfig;
import io.jnat.cli.config.SiteConfig;
import io.jnat.cli.config.TimeoutConfig;
import io.jnat.cli.config.TranslationConfig;
import io.jnat.nat.rule.Behaviour.Dependence;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigReaderTest {
    @TempDir private Path folder;

    @BeforeEach
    void examples() throws IOException {
        Examples.copyTo(folder);
    }

    @Test
    void relayExampleIsReadAsWritten() throws Exception {
        LoadedConfig loaded = ConfigReader.load(folder.resolve("relay.toml"));
        assertEquals(List.of(), loaded.warnings());
        RelayConfig relay = assertInstanceOf(RelayConfig.class, loaded.config());
        assertEquals("eth0", relay.wan());
        assertEquals(51820, relay.instance().tunnel().listen());
        assertEquals("10.99.0.1/24", relay.instance().tunnel().address().toString());
        assertEquals(folder.resolve("relay.key"), relay.instance().tunnel().privateKeyFile());
        SiteConfig site = relay.sites().getFirst();
        assertEquals("wa7vc", site.name());
        assertEquals(InetAddress.ofLiteral("10.99.0.2"), site.address());
        assertEquals("[192.168.20.0/24]", site.networks().toString());
        assertEquals(3, relay.forwards().size());
        ForwardConfig smartlink = relay.forwards().get(1);
        assertEquals("[tcp/4994, udp/4993]", smartlink.listen().toString());
        assertEquals("flex", smartlink.to().name());
        assertEquals(OptionalInt.empty(), smartlink.toPort());
        ForwardConfig ssh = relay.forwards().get(2);
        assertEquals(InetAddress.ofLiteral("192.168.20.10"), ssh.to().address());
        assertEquals(Optional.of("wa7vc"), ssh.to().site());
        assertEquals(OptionalInt.of(22), ssh.toPort());
        assertEquals(TimeoutConfig.DEFAULT, relay.instance().timeouts());
        assertEquals("jnat", relay.instance().name());
        assertEquals("jnat", relay.instance().tun());
        assertEquals(1420, relay.instance().mtu());
    }

    @Test
    void routerExampleIsReadAsWritten() throws Exception {
        LoadedConfig loaded = ConfigReader.load(folder.resolve("router.toml"));
        assertEquals(List.of(), loaded.warnings());
        RouterConfig router = assertInstanceOf(RouterConfig.class, loaded.config());
        assertEquals(List.of("eth1"), router.lan());
        assertEquals("eth0", router.wan());
        assertEquals(RouterConfig.Others.WAN, router.others());
        assertEquals(0, router.instance().tunnel().listen());
        assertEquals(Duration.ofSeconds(25), router.instance().tunnel().keepalive());
        assertEquals("relay.example.org:51820", router.relay().endpoint().toString());
        assertEquals(
                List.of("dmr", "flex"),
                router.captured().stream().map(DeviceConfig::name).toList());
        AllowConfig allow = router.allows().getFirst();
        assertEquals("[udp/55193]", allow.ports().toString());
        assertEquals(InetAddress.ofLiteral("192.168.20.31"), allow.to().getFirst().address());
    }

    private static final String RELAY_CHOICES =
            """

            [[site]]
            name = "hut"
            public-key = "GnVfUmzZAJXJiHnWk4U0dWVFYiDmh1yGNFDtAcWI03g="
            address = "10.99.0.3"
            mapping = "address-and-port-dependent"
            filtering = "endpoint-independent"
            inbound-refresh = true
            timeout = { udp = "30s", gre = "10m", unsafe = true }

            [[forward]]
            name = "peers"
            listen = "udp/62031"
            to = "dmr"
            filtering = "address-dependent"
            inbound-refresh = false
            timeout.udp = "10m"

            [[forward]]
            name = "masked"
            listen = "tcp/8081"
            to = "flex"
            masquerade = true

            [timeout]
            tcp = "10m"
            unsafe = true
            """;

    private static final String ROUTER_CHOICES =
            """

            [[allow]]
            name = "web"
            to = "flex"
            ports = "tcp/80"
            inbound-refresh = false
            timeout = { tcp = "3h", tcp-transitory = "5m" }

            [translation]
            static-port = true
            filtering = "address-and-port-dependent"
            timeout.icmp = "90s"
            """;

    private Path withChoices(String name) throws IOException {
        Path file = folder.resolve(name);
        String text =
                Files.readString(file).replace("[capture]", "[capture]\ntimeout.udp = \"20m\"");
        boolean relay = name.startsWith("relay");
        return Files.writeString(file, text + (relay ? RELAY_CHOICES : ROUTER_CHOICES));
    }

    @Test
    @Tag("N1")
    @Tag("N2")
    @Tag("N12")
    @Tag("N47")
    void rulesOfARelayMayChoose() throws Exception {
        LoadedConfig loaded = ConfigReader.load(withChoices("relay.toml"));
        assertEquals(2, loaded.warnings().size(), "one for each limit below its floor");
        RelayConfig relay = assertInstanceOf(RelayConfig.class, loaded.config());
        assertEquals(TranslationConfig.DEFAULT, relay.sites().getFirst().translation());
        TranslationConfig hut = relay.sites().getLast().translation();
        assertEquals(Dependence.ADDRESS_AND_PORT, hut.mapping());
        assertEquals(Dependence.NOTHING, hut.filtering());
        assertTrue(hut.lifetime().inboundRefresh());
        TimeoutConfig limits = hut.lifetime().timeouts().over(relay.instance().timeouts());
        assertEquals(Duration.ofSeconds(30), limits.of(IdleLimit.UDP));
        assertEquals(Duration.ofMinutes(10), limits.of(IdleLimit.TCP));
        assertEquals(Duration.ofMinutes(10), limits.of(IdleLimit.GRE));
        assertEquals(Duration.ofMinutes(1), limits.of(IdleLimit.ICMP));
        ForwardConfig dmr = relay.forwards().getFirst();
        assertEquals(Dependence.NOTHING, dmr.filtering());
        assertEquals(LifetimeConfig.INBOUND, dmr.lifetime());
        ForwardConfig peers = relay.forwards().get(3);
        assertEquals(Dependence.ADDRESS, peers.filtering());
        assertFalse(peers.lifetime().inboundRefresh());
        assertFalse(peers.masquerade());
        assertTrue(relay.forwards().getLast().masquerade());
    }

    @Test
    @Tag("N2")
    @Tag("N12")
    void rulesOfARouterMayChoose() throws Exception {
        LoadedConfig loaded = ConfigReader.load(withChoices("router.toml"));
        assertEquals(List.of(), loaded.warnings());
        RouterConfig router = assertInstanceOf(RouterConfig.class, loaded.config());
        assertTrue(router.translation().staticPort());
        assertEquals(Dependence.ADDRESS_AND_PORT, router.translation().filtering());
        assertEquals(Duration.ofMinutes(20), router.captureLifetime().timeouts().of(IdleLimit.UDP));
        assertFalse(router.captureLifetime().inboundRefresh());
        LifetimeConfig web = router.allows().getLast().lifetime();
        assertFalse(web.inboundRefresh());
        assertEquals(Duration.ofHours(3), web.timeouts().of(IdleLimit.TCP));
    }

    @ParameterizedTest
    @ValueSource(strings = {"relay.toml", "router.toml"})
    void choicesOfRulesReadBackAsTheSame(String name) throws Exception {
        withChoices(name);
        whatIsShownReadsBackAsTheSame(name);
        String shown = ConfigText.of(ConfigReader.load(folder.resolve(name)).config(), false);
        String wanted =
                name.startsWith("relay")
                        ? "timeout = { udp = \"30s\", gre = \"10m\", unsafe = true }"
                        : "timeout = { tcp = \"3h\", tcp-transitory = \"5m\" }";
        assertTrue(shown.contains(wanted), shown);
    }

    @ParameterizedTest
    @ValueSource(strings = {"relay.toml", "router.toml"})
    void whatIsShownReadsBackAsTheSame(String name) throws Exception {
        JnatConfig config = ConfigReader.load(folder.resolve(name)).config();
        for (boolean effective : new boolean[] {true, false}) {
            String shown = ConfigText.of(config, effective);
            Path copy = Files.writeString(folder.resolve("copy.toml"), shown);
            JnatConfig again = ConfigReader.load(copy).config();
            assertEquals(shown, ConfigText.of(again, effective));
            assertEquals(ConfigText.of(config, true), ConfigText.of(again, true));
        }
    }

    private LoadedConfig withMore(String name, String more) throws Exception {
        Path file = folder.resolve(name);
        Files.writeString(file, more, StandardOpenOption.APPEND);
        return ConfigReader.load(file);
    }

    @Test
    @Tag("N40")
    void onePortMayLeadToADeviceForEachOfSeveralPeople() throws Exception {
        String forward = "[[forward]]\nlisten = \"udp/9\"\nto = \"dmr\"\nname = ";
        LoadedConfig loaded =
                withMore(
                        "relay.toml",
                        forward
                                + "\"one\"\nfrom = \"203.0.113.0/25\"\n"
                                + forward
                                + "\"other\"\nfrom = \"203.0.113.128/25\"\n");
        assertEquals(List.of(), loaded.warnings());
    }

    @Test
    @Tag("N40")
    void anAllowRuleOfWhichAnEarlierOneLeavesAPortIsReached() throws Exception {
        String allow = "[[allow]]\nto = \"flex\"\nports = \"udp/";
        LoadedConfig loaded =
                withMore("router.toml", allow + "5000-5050\"\n" + allow + "5000-5100\"\n");
        assertEquals(List.of(), loaded.warnings());
        loaded = withMore("router.toml", allow + "5040-5090\"\nname = \"last\"\n");
        assertEquals(1, loaded.warnings().size(), "two together leave it nothing");
    }

    @Test
    void privateKeysAreNotShown() throws Exception {
        String key = Files.readString(folder.resolve("relay.key")).strip();
        String shown =
                ConfigText.of(ConfigReader.load(folder.resolve("relay.toml")).config(), true);
        assertFalse(shown.contains(key), shown);
        assertTrue(shown.contains("relay.key"), shown);
    }

    @Test
    void confDotDIsMergedAfterTheFile() throws Exception {
        Path more = Files.createDirectory(folder.resolve("conf.d"));
        Files.writeString(
                more.resolve("20-game.toml"), "[device]\ngame = \"wa7vc:192.168.20.50\"\n");
        Files.writeString(
                more.resolve("30-game.toml"),
                "[[forward]]\nname = \"game\"\nlisten = \"udp/27015\"\nto = \"game\"\n");
        Files.writeString(more.resolve("ignored.bak"), "nonsense");
        Files.createSymbolicLink(more.resolve(".#30-game.toml"), Path.of("somebody@edits.1"));
        LoadedConfig loaded = ConfigReader.load(folder.resolve("relay.toml"));
        RelayConfig relay = assertInstanceOf(RelayConfig.class, loaded.config());
        assertEquals("game", relay.forwards().getLast().name());
        assertEquals(3, loaded.files().size());
    }

    @Test
    void aValueSetInTwoFilesNamesBoth() throws Exception {
        Path more = Files.createDirectory(folder.resolve("conf.d"));
        Path second = Files.writeString(more.resolve("a.toml"), "\npublic = \"eth7\"\n");
        List<ConfigProblem> problems = Examples.problemsOf(folder.resolve("relay.toml"));
        assertEquals(1, problems.size(), problems::toString);
        assertEquals(
                second
                        + ":2:1: public: set a second time (expected once; first at "
                        + folder.resolve("relay.toml")
                        + ":3:1)",
                problems.getFirst().toString());
    }

    @Test
    void aByteOrderMarkInFrontIsNothing() throws Exception {
        Path file = folder.resolve("relay.toml");
        JnatConfig without = ConfigReader.load(file).config();
        Files.writeString(file, "\ufeff" + Files.readString(file));
        assertEquals(
                ConfigText.of(without, true),
                ConfigText.of(ConfigReader.load(file).config(), true));
    }

    @Test
    void aKeyFileIsReadToNoMoreThanAPage() throws Exception {
        Path key = folder.resolve("relay.key");
        Files.writeString(key, " ".repeat(4096) + Files.readString(key));
        List<ConfigProblem> problems = Examples.problemsOf(folder.resolve("relay.toml"));
        assertEquals(1, problems.size(), problems::toString);
        assertTrue(problems.getFirst().toString().contains("does not hold a key"));
    }

    @Test
    void aKeyFileThatNoFileCanBeNamedIsAnError() throws Exception {
        Path file = folder.resolve("relay.toml");
        Files.writeString(file, Files.readString(file).replace("relay.key", "\\u0000"));
        List<ConfigProblem> problems = Examples.problemsOf(file);
        assertEquals(1, problems.size(), problems::toString);
        String said = problems.getFirst().toString();
        assertTrue(said.endsWith("(expected the path of a file)"), said);
    }

    @Test
    void aKeyFileThatIsAPipeIsNotWaitedFor() throws Exception {
        Process made = new ProcessBuilder("mkfifo", folder.resolve("pipe").toString()).start();
        assertEquals(0, made.waitFor());
        Path file = folder.resolve("relay.toml");
        Files.writeString(file, Files.readString(file).replace("relay.key", "pipe"));
        List<ConfigProblem> problems =
                assertTimeoutPreemptively(Duration.ofSeconds(10), () -> Examples.problemsOf(file));
        assertEquals(1, problems.size(), problems::toString);
    }

    @Test
    void aKeyFileOthersMayReadIsAWarning() throws Exception {
        Files.setPosixFilePermissions(
                folder.resolve("relay.key"), PosixFilePermissions.fromString("rw-r--r--"));
        LoadedConfig loaded = ConfigReader.load(folder.resolve("relay.toml"));
        assertEquals(1, loaded.warnings().size());
        String said = loaded.warnings().getFirst().toString();
        assertTrue(said.contains(":7:1: warning: tunnel.private-key-file:"), said);
        assertTrue(said.contains("chmod 600 " + folder.resolve("relay.key")), said);
    }

    @Test
    void aFileThatIsNotThereIsOneError() {
        List<ConfigProblem> problems = Examples.problemsOf(folder.resolve("none.toml"));
        assertEquals(
                List.of(folder.resolve("none.toml") + ": no such file"),
                problems.stream().map(ConfigProblem::toString).toList());
    }

    @Test
    void aDeviceMaySayItsHardwareAddress() throws Exception {
        Path file = folder.resolve("router.toml");
        String text = Files.readString(file);
        Files.writeString(
                file,
                text.replace(
                        "dmr  = \"192.168.20.31\"",
                        "dmr = { address = \"192.168.20.31\", mac = \"00:1C:2d:05:37:2a\", ipv6 = \"direct\" }"));
        RouterConfig router =
                assertInstanceOf(RouterConfig.class, ConfigReader.load(file).config());
        DeviceConfig dmr = router.captured().getFirst();
        assertEquals(Optional.of("00:1c:2d:05:37:2a"), dmr.mac());
        assertTrue(dmr.ipv6Direct());
        assertEquals(dmr.address(), router.allows().getFirst().to().getFirst().address());
    }

    /** A key that is written below the first table is taken for that table's. */
    @ParameterizedTest
    @ValueSource(strings = {"relay", "router"})
    void eachKeyThatStandsInNoTableIsMissedWhereItStandsInOne(String role) throws Exception {
        Path file = folder.resolve(role + ".toml");
        String text = Files.readString(file);
        String pool = "pool = [\"203.0.113.7\"]\n";
        Files.writeString(file, role.equals("relay") ? pool + text : text);
        String all = ConfigText.of(ConfigReader.load(file).config(), true);
        List<String> keys =
                all.substring(0, all.indexOf("\n["))
                        .lines()
                        .map(line -> line.split(" = ", 2)[0])
                        .toList();
        assertTrue(keys.size() >= 5, keys::toString);
        for (String key : keys) {
            Files.writeString(file, text + "[engine]\n" + key + " = 1\n");
            String said = Examples.problemsOf(file).toString();
            assertTrue(
                    said.contains("engine." + key + ": unknown key here (it belongs above"), said);
        }
    }
}
