package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.RELAY_PEER;
import static io.jnat.nat.TranslatorBench.TUNNEL;
import static io.jnat.nat.Wire.ACK;
import static io.jnat.nat.Wire.SYN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.stat.DropReason;
import io.jnat.nat.TranslatorBench.Sent;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What {@code jnat why} is told must be what the engine then does, over IPv4 and over IPv6. */
abstract class ExplainerContract {
    TranslatorBench bench;

    @BeforeEach
    void open() {
        bench = new TranslatorBench();
    }

    @AfterEach
    void release() {
        bench.close();
    }

    abstract byte[] udp(String from, int fromPort, String to, int toPort);

    abstract byte[] tcp(String from, int fromPort, String to, int toPort, int flags);

    abstract byte[] echo(String from, String to, int identifier, boolean request);

    /** What of a packet that left can be said ahead. */
    abstract byte[] foreseeable(byte[] before, byte[] after);

    abstract void assertAnswered(byte[] asked, int link, Sent answer, String about);

    final Explanation explain(byte[] packet, int link, int peer) {
        CompletableFuture<Explanation> answer = new CompletableFuture<>();
        new NatCommand.Explain(bench.policy, ByteBuffer.wrap(packet), link, peer, answer)
                .apply(bench.now);
        return answer.join();
    }

    static byte[] bytes(Explanation explained) {
        byte[] bytes = new byte[explained.leaving().remaining()];
        explained.leaving().duplicate().get(bytes);
        return bytes;
    }

    static Explanation.Step step(Explanation explained, Asked asked) {
        return explained.steps().stream()
                .filter(step -> step.asked() == asked)
                .findFirst()
                .orElseThrow(() -> new AssertionError(explained.toString()));
    }

    /** Asks about each of many packets, and sends it then. */
    final void compare(String[] hosts, int[] ports, int[] links, int seed) {
        Random random = new Random(seed);
        int forwarded = 0;
        for (int round = 0; round < 5000; round++) {
            byte[] packet = any(hosts, ports, round, random);
            int link = links[random.nextInt(links.length)];
            int peer = link == TUNNEL ? RELAY_PEER : -1;
            Explanation said = explain(packet, link, peer);
            boolean knew = said.steps().stream().anyMatch(step -> step.rule().startsWith("flow "));
            Sent sent = bench.send(packet, link, peer);
            if (knew && bench.dropped == DropReason.TCP_OUT_OF_STATE) {
                continue; // whether a segment is in a connection's window is not asked
            }
            String about = said + " but " + bench.dropped;
            switch (said.outcome()) {
                case FORWARDED -> {
                    assertNotNull(sent, about);
                    assertArrayEquals(
                            foreseeable(packet, sent.bytes()),
                            foreseeable(packet, bytes(said)),
                            about);
                    assertEquals(sent.link(), said.outLink(), about);
                    assertEquals(sent.peer(), said.outPeer(), about);
                    forwarded++;
                }
                case HANDED_BACK -> assertArrayEquals(packet, sent.bytes(), about);
                case ANSWERED -> assertAnswered(packet, link, sent, about);
                case DROPPED, REJECTED -> assertEquals(bench.dropped, said.reason(), about);
            }
        }
        assertTrue(forwarded > 100, "only " + forwarded + " were forwarded");
    }

    private byte[] any(String[] hosts, int[] ports, int round, Random random) {
        String from = hosts[random.nextInt(hosts.length)];
        String to = hosts[random.nextInt(hosts.length)];
        int fromPort = random.nextBoolean() ? 2000 + round : ports[random.nextInt(ports.length)];
        int toPort = ports[random.nextInt(ports.length)];
        return switch (random.nextInt(4)) {
            case 0 -> udp(from, fromPort, to, toPort);
            case 1 -> tcp(from, fromPort, to, toPort, SYN);
            case 2 -> tcp(from, fromPort, to, toPort, ACK);
            default -> echo(from, to, fromPort, random.nextBoolean());
        };
    }
}
