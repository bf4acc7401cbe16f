package io.jnat.cli.wgquick;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.KeyFiles;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.RouterConfig;
import io.jnat.cli.config.SiteConfig;
import io.jnat.cli.config.toml.ConfigReader;
import io.jnat.wireguard.WireGuardKey;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** wg-quick files in and out; what is read must be a configuration that jnat takes. */
final class WgQuickTest {
    private static final WireGuardKey OWN = WireGuardKey.generatePrivate();
    private static final WireGuardKey OTHER = WireGuardKey.generatePrivate();
    private static final WireGuardKey SHARED = WireGuardKey.generatePrivate();

    @TempDir private Path folder;

    private WgQuickImport.Result read(String text) throws IOException {
        Path file = folder.resolve("wg0.conf");
        Files.writeString(
                file,
                text.replace("@OWN@", OWN.base64())
                        .replace("@OTHER@", OTHER.publicKey().base64())
                        .replace("@SHARED@", SHARED.base64()));
        return WgQuickImport.of(file, new WgQuickImport.Wishes("eth0", "eth1"));
    }

    private JnatConfig load(WgQuickImport.Result result) throws Exception {
        Path file = folder.resolve("jnat.toml");
        Files.writeString(file, result.toml());
        for (Map.Entry<String, String> key : result.keys().entrySet()) {
            KeyFiles.create(folder.resolve(key.getKey()), key.getValue());
        }
        return ConfigReader.load(file).config();
    }

    @Test
    void aClientsFileBecomesARouters() throws Exception {
        WgQuickImport.Result result =
                read(
                        """
                        [Interface]
                        PrivateKey = @OWN@
                        Address = 10.7.0.2/24, fd00::2/64
                        MTU = 1400
                        DNS = 10.7.0.1
                        PostUp = iptables -A FORWARD -i %i -j ACCEPT
                        [Peer]
                        PublicKey = @OTHER@
                        PresharedKey = @SHARED@
                        Endpoint = vpn.example.org:51820
                        AllowedIPs = 0.0.0.0/0
                        PersistentKeepalive = 25
                        """);
        RouterConfig router = (RouterConfig) load(result);
        assertEquals("10.7.0.2/24", router.instance().tunnel().address().toString());
        assertEquals(1400, router.instance().mtu());
        assertEquals(Duration.ofSeconds(25), router.instance().tunnel().keepalive());
        assertEquals("vpn.example.org:51820", router.relay().endpoint().toString());
        assertEquals(OTHER.publicKey().base64(), router.relay().publicKey().toString());
        assertEquals(
                SHARED.base64(),
                Files.readString(router.relay().presharedKeyFile().orElseThrow()).strip());
        String notes = String.join("\n", result.notes());
        assertTrue(notes.contains("wg0.conf:3: Address fd00"), notes);
        assertTrue(notes.contains("wg0.conf:5: dns was not carried over"), notes);
        assertTrue(notes.contains("wg0.conf:6: postup was not carried over"), notes);
        assertFalse(result.toml().contains(OWN.base64()));
        assertFalse(notes.contains(OWN.base64()));
    }

    @Test
    void aServersFileBecomesARelaysWithItsPeersAsSites() throws Exception {
        String second = WireGuardKey.generatePrivate().publicKey().base64();
        String third = WireGuardKey.generatePrivate().publicKey().base64();
        WgQuickImport.Result result =
                read(
                        """
                        [Interface]
                        PrivateKey = @OWN@
                        ListenPort = 4500
                        Address = 10.7.0.1/32
                        # hill top
                        [Peer]
                        PublicKey = @OTHER@
                        AllowedIPs = 10.7.0.2/32, 192.168.20.0/24
                        [Peer] # phone
                        PublicKey = %s
                        PresharedKey = @SHARED@
                        AllowedIPs = 10.7.0.3
                        [Peer]
                        PublicKey = %s
                        AllowedIPs = 192.168.9.0/24
                        """
                                .formatted(second, third));
        RelayConfig relay = (RelayConfig) load(result);
        assertEquals(4500, relay.instance().tunnel().listen());
        assertEquals("10.7.0.1/24", relay.instance().tunnel().address().toString());
        assertEquals(
                List.of("hill-top", "phone"),
                relay.sites().stream().map(site -> site.name()).toList());
        assertEquals(InetAddress.ofLiteral("10.7.0.2"), relay.sites().getFirst().address());
        assertEquals("192.168.20.0/24", relay.sites().getFirst().networks().getFirst().toString());
        assertTrue(relay.sites().getLast().presharedKeyFile().isPresent());
        assertTrue(
                String.join("\n", result.notes()).contains("wg0.conf:13: peer site3 is left out"),
                () -> result.notes().toString());
    }

    /** As editors of other systems save it. */
    @Test
    void aByteOrderMarkAndOtherEndsOfLinesDoNoHarm() throws Exception {
        String text =
                """
                [Interface]
                PrivateKey = @OWN@
                Address = 10.7.0.2/24
                [Peer]
                PublicKey = @OTHER@
                Endpoint = 192.0.2.1:5
                """;
        WgQuickImport.Result result = read('\ufeff' + text.replace("\n", "\r\n"));
        RouterConfig router = (RouterConfig) load(result);
        assertEquals("192.0.2.1:5", router.relay().endpoint().toString());
    }

    @Test
    void aFileThatNeverEndsIsNotReadToItsEnd() throws IOException {
        Path file = folder.resolve("wg0.conf");
        Files.writeString(file, "#".repeat(2 << 20));
        IOException said =
                assertThrows(
                        IOException.class,
                        () -> WgQuickImport.of(file, new WgQuickImport.Wishes("eth0", "eth1")));
        assertTrue(said.getMessage().contains("longer than 1 MiB"), said.getMessage());
    }

    @Test
    void mistakesAreNamedWithTheirLineAndNeverWithAKey() {
        for (String[] wrong :
                new String[][] {
                    {"[Peer]\n", ": no [Interface]"},
                    {"PrivateKey = @OWN@\n", ":1: in front of any section"},
                    {"[Interface]\nPrivatKey = @OWN@\n", ":2: unknown key PrivatKey"},
                    {"[Interface]\nPrivateKey = @OWN@x\nAddress = 10.0.0.1/24\n", ":2: privatekey"},
                    {"[Interface]\nPrivateKey = @OWN@\nAddress = 10.0.0/24\n", ":3: 10.0.0/24"},
                    {"[Interface]\nPrivateKey = @OWN@\n", ":1: [Interface] has no IPv4 Address"},
                    {"[Interface]\nAddress = 10.0.0.1/24\n", ":1: [Interface] has no PrivateKey"},
                    {
                        "[Interface]\nPrivateKey = @OWN@\nAddress = 10.0.0.1/24\nListenPort = x\n",
                        ":4: listenport x"
                    },
                    {"[Interface]\nnonsense\n", ":2: not a section"},
                    {"[Interface]\n[Interface]\n", ":2: a second [Interface]"}
                }) {
            IOException said = assertThrows(IOException.class, () -> read(wrong[0]));
            String message = String.valueOf(said.getMessage());
            assertTrue(message.contains(wrong[1]), message);
            assertFalse(message.contains(OWN.base64()), message);
        }
    }

    private RelayConfig relay() throws Exception {
        return (RelayConfig)
                load(
                        read(
                                """
                                [Interface]
                                PrivateKey = @OWN@
                                Address = 10.7.0.1/24
                                # phone
                                [Peer]
                                PublicKey = @OTHER@
                                PresharedKey = @SHARED@
                                AllowedIPs = 10.7.0.3
                                """));
    }

    @Test
    void peersThatAreNotNamedTakeNobodysName() throws Exception {
        WireGuardKey another = WireGuardKey.generatePrivate();
        WgQuickImport.Result result =
                read(
                        """
                        [Interface]
                        PrivateKey = @OWN@
                        Address = 10.7.0.1/24
                        # site2
                        [Peer]
                        PublicKey = @OTHER@
                        AllowedIPs = 10.7.0.2/32
                        PresharedKey = @SHARED@
                        [Peer]
                        PublicKey = @OTHER2@
                        AllowedIPs = 10.7.0.3/32
                        PresharedKey = @SHARED2@
                        """
                                .replace("@OTHER2@", another.publicKey().base64())
                                .replace("@SHARED2@", another.base64()));
        RelayConfig relay = (RelayConfig) load(result);
        assertEquals(
                List.of("site2", "site3"), relay.sites().stream().map(SiteConfig::name).toList());
        assertEquals(SHARED.base64(), result.keys().get("site2.psk"));
        assertEquals(another.base64(), result.keys().get("site3.psk"));
    }

    @Test
    void aSiteIsExportedWithoutSecretsUnlessTheyAreWanted() throws Exception {
        RelayConfig relay = relay();
        String open = WgQuickExport.of(relay, relay.sites().getFirst(), "198.51.100.1:51820", null);
        for (WireGuardKey secret : List.of(OWN, OTHER, SHARED)) {
            assertFalse(open.contains(secret.base64()), open);
        }
        assertTrue(open.contains("PublicKey = " + OWN.publicKey().base64()), open);
        String whole =
                WgQuickExport.of(relay, relay.sites().getFirst(), "198.51.100.1:51820", OTHER);
        assertTrue(whole.contains("PrivateKey = " + OTHER.base64()), whole);
        assertTrue(whole.contains("PresharedKey = " + SHARED.base64()), whole);
        assertFalse(whole.contains(OWN.base64()), whole);
    }

    @Test
    void whatIsExportedIsImportedAgain() throws Exception {
        RelayConfig relay = relay();
        String text =
                WgQuickExport.of(relay, relay.sites().getFirst(), "198.51.100.1:51820", OTHER);
        Path other = Files.createDirectory(folder.resolve("other"));
        Path file = other.resolve("phone.conf");
        Files.writeString(file, text);
        WgQuickImport.Result again =
                WgQuickImport.of(file, new WgQuickImport.Wishes("eth0", "eth1"));
        folder = other;
        RouterConfig router = (RouterConfig) load(again);
        assertEquals("10.7.0.3/24", router.instance().tunnel().address().toString());
        assertEquals("198.51.100.1:51820", router.relay().endpoint().toString());
        assertEquals(OWN.publicKey().base64(), router.relay().publicKey().toString());
    }
}
