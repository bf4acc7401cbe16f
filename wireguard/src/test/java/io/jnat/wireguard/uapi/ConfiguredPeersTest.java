package io.jnat.wireguard.uapi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.wireguard.AllowedIp;
import io.jnat.wireguard.DeviceCommand;
import io.jnat.wireguard.PeerConfig;
import io.jnat.wireguard.PeerEndpoint;
import io.jnat.wireguard.WireGuardKey;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

final class ConfiguredPeersTest {
    private static final String A = "a1".repeat(32);
    private static final String B = "b2".repeat(32);
    private static final String C = "c3".repeat(32);

    private final ConfiguredPeers peers = new ConfiguredPeers();
    private @Nullable WireGuardKey own;

    /** Runs the lines of one {@code set=1} and tells what the device is told, in short. */
    private List<String> set(String... lines) throws IOException {
        List<DeviceCommand> commands = new ArrayList<>();
        UapiDevice device =
                new UapiDevice() {
                    @Override
                    public DeviceSnapshot snapshot() {
                        throw new AssertionError();
                    }

                    @Override
                    public void apply(DeviceChange change) {
                        commands.addAll(peers.apply(change, own));
                    }
                };
        StringWriter answer = new StringWriter();
        new UapiConversation(device, refused -> {})
                .run(new StringReader("set=1\n" + String.join("\n", lines) + "\n\n"), answer);
        assertEquals("errno=0\n\n", answer.toString());
        commands.forEach(this::obey);
        return commands.stream().map(ConfiguredPeersTest::inShort).toList();
    }

    /** What the device makes of the commands: whose each prefix is. */
    private final Map<AllowedIp, WireGuardKey> table = new HashMap<>();

    private final Map<WireGuardKey, Set<AllowedIp>> known = new HashMap<>();

    private void obey(DeviceCommand command) {
        if (command instanceof DeviceCommand.RemovePeer(WireGuardKey key)) {
            known.remove(key);
            table.values().removeIf(key::equals);
        }
        if (command instanceof DeviceCommand.SetPeer(PeerConfig peer)) {
            WireGuardKey key = peer.publicKey();
            Set<AllowedIp> wanted = new HashSet<>(peer.allowedIps());
            if (!wanted.equals(known.get(key))) {
                table.values().removeIf(key::equals);
                known.values().forEach(others -> others.removeAll(wanted));
                known.put(key, wanted);
                wanted.forEach(prefix -> table.put(prefix, key));
            }
        }
    }

    private static String inShort(DeviceCommand command) {
        return switch (command) {
            case DeviceCommand.SetPeer set ->
                    "set " + name(set.peer().publicKey()) + " " + set.peer().allowedIps();
            case DeviceCommand.RemovePeer remove -> "remove " + name(remove.publicKey());
            case DeviceCommand.MoveEndpoint move ->
                    "move " + name(move.publicKey()) + " " + move.endpoint();
            default -> command.toString();
        };
    }

    private static String name(WireGuardKey key) {
        return key.hex().substring(0, 1);
    }

    private String order() {
        StringBuilder names = new StringBuilder();
        peers.peers().forEach(peer -> names.append(name(peer.publicKey())));
        return names.toString();
    }

    private String prefixes(String key) {
        WireGuardKey wanted = WireGuardKey.fromHex(key);
        for (ConfiguredPeers.Configured peer : peers.peers()) {
            if (peer.publicKey().equals(wanted)) {
                return peer.allowedIps().toString();
            }
        }
        return "none";
    }

    @Test
    @Tag("W42")
    void keepsTheOrderInWhichPeersAndPrefixesCame() throws IOException {
        set("public_key=" + B, "allowed_ip=10.9.0.0/16", "allowed_ip=10.0.0.0/8");
        set("public_key=" + A, "public_key=" + B, "allowed_ip=10.5.0.0/16");
        assertEquals("ba", order());
        assertEquals("[10.9.0.0/16, 10.0.0.0/8, 10.5.0.0/16]", prefixes(B));
    }

    @Test
    @Tag("W23")
    void movesAPrefixThatAnotherPeerHas() throws IOException {
        set("public_key=" + A, "allowed_ip=10.0.0.0/8", "allowed_ip=10.1.0.0/16");
        assertEquals(
                List.of("set b [10.0.0.0/8]", "set a [10.1.0.0/16]"),
                set("public_key=" + B, "allowed_ip=10.0.0.0/8"));
        assertEquals("[10.1.0.0/16]", prefixes(A));
        assertEquals("[10.0.0.0/8]", prefixes(B));
    }

    /** As in a file that gives it to two peers by mistake. */
    @Test
    @Tag("W23")
    void aPrefixThatTwoPeersAreGivenAtOnceMovesBeforeTheDevicesEyes() throws IOException {
        assertEquals(
                List.of(
                        "set a [10.1.0.0/16, 10.0.0.0/8]",
                        "set b [10.0.0.0/8]",
                        "set a [10.1.0.0/16]"),
                set(
                        "replace_peers=true",
                        "public_key=" + A,
                        "allowed_ip=10.0.0.0/8",
                        "allowed_ip=10.1.0.0/16",
                        "public_key=" + B,
                        "allowed_ip=10.0.0.0/8"));
        assertEquals("[10.1.0.0/16]", prefixes(A));
        assertEquals(List.of("set a [10.1.0.0/16]"), set("public_key=" + A));
    }

    @Test
    @Tag("W42")
    void theDeviceHasEachPrefixWhereItIsConfiguredThroughARandomHistory() throws IOException {
        Random random = new Random(7);
        for (int change = 0; change < 5000; change++) {
            List<String> lines = new ArrayList<>();
            if (random.nextInt(8) == 0) {
                lines.add("replace_peers=true");
            }
            for (int section = 1 + random.nextInt(4); section > 0; section--) {
                lines.add("public_key=" + List.of(A, B, C).get(random.nextInt(3)));
                if (random.nextInt(10) == 0) {
                    lines.add("remove=true");
                }
                if (random.nextInt(5) == 0) {
                    lines.add("replace_allowed_ips=true");
                }
                for (int prefix = random.nextInt(3); prefix > 0; prefix--) {
                    String sign = random.nextInt(6) == 0 ? "-" : "";
                    lines.add("allowed_ip=" + sign + "10." + random.nextInt(4) + ".0.0/16");
                }
            }
            set(lines.toArray(String[]::new));
            Map<AllowedIp, WireGuardKey> configured = new HashMap<>();
            for (ConfiguredPeers.Configured peer : peers.peers()) {
                peer.allowedIps().forEach(prefix -> configured.put(prefix, peer.publicKey()));
            }
            assertEquals(configured, table, lines.toString());
        }
    }

    @Test
    @Tag("W42")
    void removesAPrefixOnlyFromItsOwner() throws IOException {
        set("public_key=" + A, "allowed_ip=10.0.0.0/8", "public_key=" + B);
        set("public_key=" + B, "allowed_ip=-10.0.0.0/8");
        assertEquals("[10.0.0.0/8]", prefixes(A));
        assertEquals(List.of("set a []"), set("public_key=" + A, "allowed_ip=-10.0.0.0/8"));
        assertEquals(
                List.of("set b [10.0.0.0/8]"), set("public_key=" + B, "allowed_ip=10.0.0.0/8"));
    }

    @Test
    @Tag("W42")
    void replacesPrefixesOfOnePeer() throws IOException {
        set("public_key=" + A, "allowed_ip=10.0.0.0/8", "allowed_ip=fd00::/8");
        assertEquals(
                List.of("set a [10.2.0.0/16]"),
                set("public_key=" + A, "replace_allowed_ips=true", "allowed_ip=10.2.0.0/16"));
    }

    @Test
    @Tag("W43")
    void replacingPeersRemovesOnlyThoseThatAreNotNamedAgain() throws IOException {
        set("public_key=" + A, "allowed_ip=10.0.0.0/8", "persistent_keepalive_interval=9");
        set("public_key=" + B, "preshared_key=" + C, "allowed_ip=10.1.0.0/16");
        assertEquals(
                List.of("remove a", "set b []", "set c [10.0.0.0/8]"),
                set(
                        "replace_peers=true",
                        "public_key=" + B,
                        "public_key=" + C,
                        "allowed_ip=10.0.0.0/8"));
        assertEquals("bc", order());
        assertTrue(peers.peers().getFirst().presharedKey() == null, "as if it were new");
    }

    @Test
    @Tag("W42")
    void leavesUnknownPeersAloneWhenOnlyUpdating() throws IOException {
        assertEquals(
                List.of(), set("public_key=" + A, "update_only=true", "allowed_ip=10.0.0.0/8"));
        assertEquals("", order());
    }

    @Test
    @Tag("W42")
    void removingIsFinalForWhatTheSameSetSaidBefore() throws IOException {
        set("public_key=" + A, "allowed_ip=10.0.0.0/8");
        assertEquals(
                List.of("remove a", "set a []"),
                set("public_key=" + A, "remove=true", "public_key=" + A));
        assertEquals(
                List.of("remove b"),
                set("public_key=" + B, "allowed_ip=10.0.0.0/8", "public_key=" + B, "remove=true"));
        assertEquals(List.of(), set("public_key=" + C, "remove=true"));
        assertEquals(
                List.of("set c [10.0.0.0/8]"), set("public_key=" + C, "allowed_ip=10.0.0.0/8"));
    }

    @Test
    @Tag("W30")
    void leavesOutAPeerThatIsTheDeviceItself() throws IOException {
        set("public_key=" + A, "public_key=" + B);
        own = WireGuardKey.fromHex(A);
        assertEquals(List.of("remove a"), set("fwmark=0"));
        assertEquals(List.of(), set("public_key=" + A, "allowed_ip=10.0.0.0/8"));
        assertEquals("b", order());
    }

    @Test
    @Tag("W42")
    void movesAPeerToAnEndpointThatIsGivenAgain() throws IOException {
        String endpoint = "endpoint=[fd00::1]:7";
        assertEquals(List.of("set a []", "move a [fd00::1]:7"), set("public_key=" + A, endpoint));
        assertEquals(
                List.of("set a [10.0.0.0/8]"), set("public_key=" + A, "allowed_ip=10.0.0.0/8"));
        assertEquals(
                List.of("set a [10.0.0.0/8]", "move a [fd00::1]:7"),
                set("public_key=" + A, endpoint));
        assertEquals(new PeerEndpoint("fd00::1", 7), PeerEndpoint.parse("[fd00::1]:7"));
    }

    @Test
    @Tag("W45")
    void takesPrefixesByTheHundredThousand() throws IOException {
        String[] lines = new String[130_001];
        lines[0] = "public_key=" + A;
        for (int at = 1; at < lines.length; at++) {
            lines[at] =
                    "allowed_ip=10."
                            + (at >> 16)
                            + "."
                            + (at >> 8 & 255)
                            + "."
                            + (at & 255)
                            + "/32";
        }
        set(lines);
        lines[0] = "public_key=" + B;
        set(lines);
        List<ConfiguredPeers.Configured> now = peers.peers();
        assertEquals(0, now.getFirst().allowedIps().size());
        assertEquals(130_000, now.getLast().allowedIps().size());
        assertEquals(AllowedIp.parse("10.0.0.1/32"), now.getLast().allowedIps().iterator().next());
    }

    @Test
    @Tag("W45")
    void whatWasReadStaysAsItWasWhileOthersChangeIt() throws IOException {
        set("public_key=" + A, "allowed_ip=10.0.0.0/8", "allowed_ip=10.1.0.0/16");
        List<AllowedIp> read = peers.peers().getFirst().allowedIps();
        var reading = read.iterator();
        assertEquals(AllowedIp.parse("10.0.0.0/8"), reading.next());
        set("public_key=" + A, "allowed_ip=-10.1.0.0/16", "allowed_ip=10.2.0.0/16");
        assertEquals(AllowedIp.parse("10.1.0.0/16"), reading.next());
        assertEquals("[10.0.0.0/8, 10.2.0.0/16]", prefixes(A));
    }

    @Test
    @Tag("W45")
    void prefixesThatAreSetAgainAreTheSameForTheDevice() throws IOException {
        set("public_key=" + A, "allowed_ip=10.0.0.0/8");
        List<AllowedIp> before = peers.peers().getFirst().allowedIps();
        set("public_key=" + A, "persistent_keepalive_interval=9");
        set("public_key=" + A, "replace_allowed_ips=true", "allowed_ip=10.0.0.0/8");
        assertSame(before, peers.peers().getFirst().allowedIps());
    }

    @Test
    @Tag("W42")
    void whatThereIsNoMemoryForIsRefusedAndWhatTakesNoMoreIsNot() throws IOException {
        ConfiguredPeers few = new ConfiguredPeers(new Room(2 * 6144 + 4 * 300));
        String ofA = "public_key=" + A;
        String ofB = "public_key=" + B;
        String three = "allowed_ip=10.0.0.0/24 allowed_ip=10.0.1.0/24 allowed_ip=10.0.2.0/24";
        assertEquals(0, errno(few, ofA, three));
        assertEquals(12, errno(few, ofB, "allowed_ip=10.1.0.0/24 allowed_ip=10.1.1.0/24"));
        assertEquals(1, few.peers().size(), "nothing has changed");
        assertEquals(0, errno(few, ofB, "allowed_ip=10.1.0.0/24"));
        assertEquals(12, errno(few, "public_key=" + C));
        assertEquals(0, errno(few, "public_key=" + C, "update_only=true"));
        assertEquals(0, errno(few, ofA, "replace_allowed_ips=true", three), "the same again");
        assertEquals(0, errno(few, ofB, three), "they only move");
        assertEquals(0, errno(few, ofA, "remove=true", "public_key=" + C, three));
        assertEquals(0, errno(few, "replace_peers=true", ofA, three, ofB));
        assertEquals(12, errno(few, "replace_peers=true", ofA, ofB, "public_key=" + C));
        assertEquals(2, few.peers().size());
    }

    private static int errno(ConfiguredPeers peers, String... lines) throws IOException {
        UapiDevice device =
                new UapiDevice() {
                    @Override
                    public DeviceSnapshot snapshot() {
                        throw new AssertionError();
                    }

                    @Override
                    public void apply(DeviceChange change) throws UapiException {
                        peers.check(change);
                        peers.apply(change, null);
                    }
                };
        StringWriter answer = new StringWriter();
        String text = String.join("\n", lines).replace(' ', '\n');
        new UapiConversation(device, refused -> {})
                .run(new StringReader("set=1\n" + text + "\n\n"), answer);
        return Integer.parseInt(answer.toString().replaceAll("errno=-?(\\d+)\n\n", "$1"));
    }
}
