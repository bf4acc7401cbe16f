package io.jnat.wireguard.uapi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.wireguard.AllowedIp;
import io.jnat.wireguard.PeerEndpoint;
import io.jnat.wireguard.WireGuardKey;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class UapiConversationTest {
    private static final String KEY_A =
            "585ec962eae1234e9b9ceb1ac4df7a0d6a4e2d6f0b2bfd4ba2e8fb8fd5a3c201";
    private static final String KEY_B =
            "b85996fecc9c7f1fc6d2572a76eda11d59bcd20be8e543b15ce4bd85a8e75a33";
    private static final String PSK =
            "188515093e952f5f22e865cef3012e72f8b5f0b598ac0309d5dacce3b70fcf52";
    private static final String PRIVATE =
            "e84b5a6d2717c1003a13b431570353dbaca9146cf150c5f8575680feba52027a";

    private final Recorder device = new Recorder();
    private final List<String> log = new ArrayList<>();

    /** Remembers what it is told. */
    private static final class Recorder implements UapiDevice {
        private final List<DeviceChange> changes = new ArrayList<>();
        private DeviceSnapshot snapshot = new DeviceSnapshot(null, 0, 0, List.of());
        private @Nullable UapiException refusal;

        @Override
        public DeviceSnapshot snapshot() {
            return snapshot;
        }

        @Override
        public void apply(DeviceChange change) throws UapiException {
            if (refusal != null) {
                throw refusal;
            }
            changes.add(change);
        }

        DeviceChange only() {
            assertEquals(1, changes.size());
            return changes.getFirst();
        }
    }

    private String talk(String text) throws IOException {
        StringWriter out = new StringWriter();
        new UapiConversation(device, log::add).run(new StringReader(text), out);
        return out.toString();
    }

    @Test
    @Tag("W41")
    void answersGetInTheOrderOfTheCrossPlatformInterface() throws IOException {
        device.snapshot =
                new DeviceSnapshot(
                        WireGuardKey.fromHex(PRIVATE),
                        12_912,
                        -1,
                        List.of(
                                new PeerSnapshot(
                                        WireGuardKey.fromHex(KEY_B),
                                        WireGuardKey.fromHex(PSK),
                                        "[abcd:23::33%2]:51820",
                                        Instant.ofEpochSecond(1_700_000_001, 7),
                                        38_333,
                                        2_224,
                                        111,
                                        List.of(
                                                AllowedIp.parse("192.168.4.4/32"),
                                                AllowedIp.parse("fd00::/8"))),
                                new PeerSnapshot(
                                        WireGuardKey.fromHex(KEY_A),
                                        null,
                                        null,
                                        null,
                                        0,
                                        0,
                                        0,
                                        List.of())));
        assertEquals(
                """
                private_key=%s
                listen_port=12912
                fwmark=4294967295
                public_key=%s
                preshared_key=%s
                protocol_version=1
                endpoint=[abcd:23::33%%2]:51820
                last_handshake_time_sec=1700000001
                last_handshake_time_nsec=7
                tx_bytes=38333
                rx_bytes=2224
                persistent_keepalive_interval=111
                allowed_ip=192.168.4.4/32
                allowed_ip=fd00::/8
                public_key=%s
                preshared_key=%s
                protocol_version=1
                last_handshake_time_sec=0
                last_handshake_time_nsec=0
                tx_bytes=0
                rx_bytes=0
                persistent_keepalive_interval=0
                errno=0

                """
                        .formatted(PRIVATE, KEY_B, PSK, KEY_A, "0".repeat(64)),
                talk("get=1\n\n"));
    }

    @Test
    @Tag("W41")
    void leavesOutWhatIsNotSet() throws IOException {
        assertEquals("errno=0\n\n", talk("get=1\n\n"));
    }

    @Test
    @Tag("W42")
    void takesEveryKeyOfASet() throws IOException {
        String answer =
                talk(
                        """
                        set=1
                        private_key=%s
                        listen_port=12912
                        fwmark=4294967295
                        replace_peers=true
                        public_key=%s
                        preshared_key=%s
                        endpoint=[abcd:23::33]:51820
                        persistent_keepalive_interval=25
                        replace_allowed_ips=true
                        allowed_ip=192.168.4.7/24
                        allowed_ip=-fd00::/8
                        protocol_version=1
                        public_key=%s
                        update_only=true
                        remove=true

                        """
                                .formatted(PRIVATE, KEY_B, PSK, KEY_A));
        assertEquals("errno=0\n\n", answer);
        DeviceChange change = device.only();
        assertEquals(WireGuardKey.fromHex(PRIVATE).publicKey(), publicOf(change));
        assertEquals(12_912, change.listenPort());
        assertEquals(-1, change.fwmark());
        assertTrue(change.replacePeers());
        PeerChange first = change.peers().getFirst();
        assertEquals(WireGuardKey.fromHex(KEY_B), first.publicKey());
        assertEquals(WireGuardKey.fromHex(PSK), first.presharedKey());
        assertEquals(new PeerEndpoint("abcd:23::33", 51_820), first.endpoint());
        assertEquals(25, first.persistentKeepaliveSeconds());
        assertTrue(first.replaceAllowedIps());
        assertEquals(
                List.of(
                        new AllowedIpChange(AllowedIp.parse("192.168.4.0/24"), false),
                        new AllowedIpChange(AllowedIp.parse("fd00::/8"), true)),
                first.allowedIps());
        PeerChange second = change.peers().getLast();
        assertTrue(second.remove());
        assertTrue(second.updateOnly());
    }

    private static WireGuardKey publicOf(DeviceChange change) {
        WireGuardKey key = change.privateKey();
        assertNotNull(key);
        return key.publicKey();
    }

    @Test
    @Tag("W42")
    void leavesWhatIsNotNamed() throws IOException {
        assertEquals("errno=0\n\n", talk("set=1\npublic_key=" + KEY_A + "\n\n"));
        DeviceChange change = device.only();
        assertNull(change.privateKey());
        assertNull(change.listenPort());
        assertNull(change.fwmark());
        assertFalse(change.replacePeers());
        PeerChange peer = change.peers().getFirst();
        assertNull(peer.presharedKey());
        assertNull(peer.endpoint());
        assertNull(peer.persistentKeepaliveSeconds());
        assertFalse(peer.replaceAllowedIps() || peer.remove() || peer.updateOnly());
    }

    @Test
    @Tag("W2")
    void clampsThePrivateKeyAndKeepsZeroAsNone() throws IOException {
        talk(
                "set=1\nprivate_key="
                        + "ff".repeat(32)
                        + "\n\nset=1\nprivate_key="
                        + "0".repeat(64)
                        + "\n\n");
        WireGuardKey first = device.changes.getFirst().privateKey();
        WireGuardKey second = device.changes.getLast().privateKey();
        assertEquals("f8" + "ff".repeat(30) + "7f", first == null ? "" : first.hex());
        assertTrue(second != null && second.isZero());
    }

    @Test
    @Tag("W40")
    void answersSeveralOperationsOfOneConnection() throws IOException {
        assertEquals(
                "errno=0\n\nerrno=-22\n\nlisten_port=7\nerrno=0\n\n",
                talk(() -> device.snapshot = new DeviceSnapshot(null, 7, 0, List.of())));
        assertEquals(1, device.changes.size());
        assertEquals(1, log.size());
    }

    private String talk(Runnable before) throws IOException {
        before.run();
        return talk("set=1\nfwmark=1\n\nset=1\nfwmark=x\nlisten_port=9\n\nget=1\n\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "private_key=12 | -22",
                "private_key=zz5ec962eae1234e9b9ceb1ac4df7a0d6a4e2d6f0b2bfd4ba2e8fb8fd5a3c201 | -22",
                "listen_port=65536 | -22",
                "listen_port=-1 | -22",
                "listen_port= | -22",
                "listen_port=+7 | -22",
                "listen_port=99999999999999999999 | -22",
                "fwmark=4294967296 | -22",
                "fwmark=0x10 | -22",
                "replace_peers=false | -22",
                "replace_peers=1 | -22",
                "allowed_ip=10.0.0.0/8 | -22",
                "unheard_of=1 | -22",
                "Listen_port=1 | -22",
                "' listen_port=1' | -22",
                "listen_port | -71",
                "public_key=1234 | -22",
                "public_key= | -22",
            })
    @Tag("W42")
    void refusesBadDeviceLines(String line, String errno) throws IOException {
        assertEquals("errno=" + errno + "\n\n", talk("set=1\nfwmark=3\n" + line + "\n\n"));
        assertEquals(List.of(), device.changes);
        assertEquals(1, log.size());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "remove=false",
                "update_only=yes",
                "preshared_key=00",
                "endpoint=",
                "endpoint=1.2.3.4",
                "endpoint=1.2.3.4:",
                "endpoint=1.2.3.4:0",
                "endpoint=1.2.3.4:65536",
                "endpoint=1.2.3.4:+1",
                "endpoint=1.2.3:1",
                "endpoint=1.2.3.256:1",
                "endpoint=[1.2.3.4]:1",
                "endpoint=fd00::1:1",
                "endpoint=[fd00::1",
                "endpoint=[fd00::1]",
                "endpoint=[fd00::1%]:1",
                "endpoint=[fe80::1%nosuchdevice]:1",
                "endpoint=relay.example.org:51820",
                "persistent_keepalive_interval=65536",
                "persistent_keepalive_interval=off",
                "replace_allowed_ips=",
                "allowed_ip=",
                "allowed_ip=10.0.0.0",
                "allowed_ip=10.0.0.0/33",
                "allowed_ip=10.0.0.0/-1",
                "allowed_ip=10.0.0.0/",
                "allowed_ip=10.0.0/8",
                "allowed_ip=010.0.0.0/8",
                "allowed_ip=fd00::/129",
                "allowed_ip=fd00:::/64",
                "allowed_ip=--10.0.0.0/8",
                "allowed_ip=example.org/8",
                "protocol_version=2",
                "listen_port=1",
                "private_key=e84b5a6d2717c1003a13b431570353dbaca9146cf150c5f8575680feba52027a",
            })
    @Tag("W42")
    void refusesBadPeerLines(String line) throws IOException {
        assertEquals("errno=-22\n\n", talk("set=1\npublic_key=" + KEY_A + "\n" + line + "\n\n"));
        assertEquals(List.of(), device.changes);
    }

    @Test
    @Tag("W42")
    void appliesNothingOfASetThatDoesNotEnd() throws IOException {
        assertEquals("", talk("set=1\nlisten_port=7\n"));
        assertEquals("", talk("set=1\nlisten_port=7"));
        assertEquals("", talk("set=1"));
        assertEquals("", talk("get=1\n"));
        assertEquals(List.of(), device.changes);
    }

    @Test
    @Tag("W42")
    void passesTheDevicesRefusalOn() throws IOException {
        device.refusal = new UapiException(UapiError.PORT_IN_USE, "port 7 is in use");
        assertEquals("errno=-98\n\n", talk("set=1\nlisten_port=7\n\n"));
        assertEquals(List.of("port 7 is in use"), log);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "get=2\n\n", "hello\n\n", "GET / HTTP/1.1\r\n\r\n", "set=1 \n\n"})
    @Tag("W40")
    void endsATalkThatIsNotOurs(String text) throws IOException {
        assertEquals("errno=-71\n\n", talk(text + "get=1\n\n"));
    }

    @Test
    @Tag("W40")
    void endsATalkWithAnEndlessLine() throws IOException {
        assertEquals("errno=-71\n\n", talk("set=1\n" + "x".repeat(100_000) + "\n\nget=1\n\n"));
        assertEquals("errno=-22\n\n", talk("get=1\nmore=1\n\n"));
    }

    @Test
    @Tag("W42")
    void neverFailsOnRandomText() throws IOException {
        Random random = new Random(7);
        String[] words = {
            "set=1",
            "get=1",
            "public_key=",
            KEY_A,
            "allowed_ip=",
            "10.0.0.0/8",
            "::/0",
            "\n",
            "\n\n",
            "=",
            "endpoint=[::1]:1",
            "remove=true",
            "-",
            "\u0000",
            "é",
            "%",
            "fwmark=4294967295",
            ":"
        };
        for (int round = 0; round < 20_000; round++) {
            StringBuilder text = new StringBuilder(round % 2 == 0 ? "set=1\n" : "");
            int count = random.nextInt(12);
            for (int word = 0; word < count; word++) {
                text.append(words[random.nextInt(words.length)]);
            }
            String answer = talk(text.toString());
            assertTrue(answer.isEmpty() || answer.endsWith("\n\n"), answer);
        }
    }
}
