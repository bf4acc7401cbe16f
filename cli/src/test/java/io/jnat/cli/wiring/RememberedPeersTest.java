package io.jnat.cli.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.engine.Log;
import io.jnat.wireguard.PeerConfig;
import io.jnat.wireguard.WireGuardKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RememberedPeersTest {
    @TempDir private Path folder;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final PeerConfig hut = peer("hut");
    private final PeerConfig mill = peer("mill");

    private static PeerConfig peer(String name) {
        return new PeerConfig(
                name, WireGuardKey.generatePrivate().publicKey(), null, null, List.of(), 0, 0);
    }

    private List<PeerConfig> remembered(byte[] content) throws IOException {
        Path file = Files.write(folder.resolve("jnat.peers"), content);
        Log log = new Log(new PrintStream(said, true, StandardCharsets.UTF_8), true);
        return new RememberedPeers(file, log, () -> 0).addTo(List.of(hut, mill));
    }

    @Test
    void whatIsWholeOfADamagedFileHoldsAndTheRestIsSaid() throws IOException {
        assertOnlyTheHutIsKnown(new byte[] {(byte) 0xff, (byte) 0xfe, 0, '\n'});
    }

    /** Damaged, an address could pass for a name, and would be asked for. */
    @Test
    void aPlaceThatIsNoAddressIsDamage() throws IOException {
        String key = mill.publicKey().base64();
        assertOnlyTheHutIsKnown((key + " 203.0.x13.2:4000\n").getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aPlaceWithAWrongPortIsDamage() throws IOException {
        String key = mill.publicKey().base64();
        assertOnlyTheHutIsKnown((key + " 203.0.113.3:70000\n").getBytes(StandardCharsets.UTF_8));
    }

    private void assertOnlyTheHutIsKnown(byte[] damage) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        String line = hut.publicKey().base64() + " 203.0.113.2:4000\n";
        content.writeBytes(line.getBytes(StandardCharsets.UTF_8));
        content.writeBytes(damage);
        List<PeerConfig> peers = remembered(content.toByteArray());
        assertTrue(peers.getFirst().endpoint() != null);
        assertEquals(mill, peers.getLast());
        assertEquals(
                "<4>"
                        + folder.resolve("jnat.peers")
                        + " is damaged: peers that it does not name have to call\n",
                said.toString(StandardCharsets.UTF_8));
    }
}
