package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.control.StatusReport;
import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.lab.Namespace;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.ProcessMemory;
import io.jnat.cli.lab.Shell;
import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.UdpEcho;
import io.jnat.cli.lab.UdpSocket;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A call beside floods that want its table: the call's flow is never the one that makes room, the
 * table serves new callers at once, and memory stays what it was. {@code -Djnat.attack.seconds=20}
 * makes it the full form; the short one is for every build.
 */
@Tag("alone")
final class AttackIT extends RunningLab {

    private static final int SECONDS = Integer.getInteger("jnat.attack.seconds", 3);
    private static final int PACKETS_PER_SECOND = 100_000;

    /** Nobody listens there at the radio, and nothing answers. */
    private static final int FLOODED_PORT = LabFiles.VOICE_FIRST_PORT + 19;

    private static final int CLOSED_PORT = 33_333;
    private static final int FLOWS = 65_536;

    /** More than the table holds, so that flows must make room. */
    private static final int LEAST_PACKETS = FLOWS * 5 / 4;

    private static final int VOICE_BYTES = 172;
    private static final long FLAT_KILOBYTES = 16_384;

    private UdpEcho callee;

    @Override
    boolean choosesCipher() {
        return true;
    }

    @BeforeAll
    void listenAtTheRadio() throws IOException {
        callee = UdpEcho.listen(radio, LabFiles.VOICE_FIRST_PORT);
        radio.nft(
                """
                table ip quiet {
                  chain in {
                    type filter hook input priority -400
                    udp dport %d drop
                  }
                }
                """
                        .formatted(FLOODED_PORT));
        try (InputStream source = AttackIT.class.getResourceAsStream("flood.py")) {
            Files.copy(source, program(), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    @AfterAll
    void hangUp() throws IOException {
        if (callee != null) {
            callee.close();
        }
    }

    @Test
    @Tag("N52")
    void spoofedFloodAgainstAForwardTakesNothingFromACallButWhatTheMachineIsShortOf()
            throws IOException {
        flood(client, NetworkLab.VPS, "spoofed", FLOODED_PORT); // what is hot is compiled now
        Beside closed = callBeside(client, NetworkLab.VPS, "spoofed", CLOSED_PORT);
        long memory = residentKilobytes(relay);
        Beside open = callBeside(client, NetworkLab.VPS, "spoofed", FLOODED_PORT);
        System.out.println("spoofed flood: closed place " + closed + ", forward " + open);
        assertTrue(flows() <= FLOWS);
        assertTrue(flowFigures().evicted() > 0, "half-open flows made no room");
        assertTrue(open.lostFraction() <= closed.lostFraction() + 0.1, open + " after " + closed);
        newCallerIsServed();
        long grown = residentKilobytes(relay) - memory;
        assertTrue(grown < FLAT_KILOBYTES, "grown by " + grown + " KiB");
    }

    @Test
    @Tag("N52")
    void scanOfAllPortsMakesNoFlows() throws IOException {
        int before = flows();
        Beside beside = callBeside(client, NetworkLab.VPS, "scan", 0);
        System.out.println("port scan: " + beside);
        // One for each forwarded TCP port, and the call's.
        assertTrue(flows() - before < 16, "flows: " + flows() + ", before " + before);
        newCallerIsServed();
    }

    @Test
    @Tag("N52")
    void deviceThatOpensFlowsWithoutEndTakesNothingFromTheOthers() throws IOException {
        Namespace flex = lab.namespace("flex");
        Beside beside = callBeside(flex, NetworkLab.SITE_LAN, "opening", 0);
        System.out.println("device that opens flows: " + beside);
        assertTrue(dropped(router, "FLOW_LIMIT") > 0, "nothing was refused");
        newCallerIsServed();
    }

    private record Beside(long sentPackets, long lostPackets, long floodPackets) {
        double lostFraction() {
            return (double) lostPackets / sentPackets;
        }
    }

    /** One call of fifty packets a second, there and back, while the flood lasts. */
    private Beside callBeside(Namespace from, String gateway, String kind, int port)
            throws IOException {
        try (UdpSocket caller = UdpSocket.open(client, 0)) {
            assertTrue(answer(caller, relayAt(LabFiles.VOICE_FIRST_PORT), HELLO).isPresent());
            AtomicInteger heard = new AtomicInteger();
            Thread ear = Thread.ofPlatform().daemon().start(() -> listen(caller, heard));
            CompletableFuture<Integer> mouth = CompletableFuture.supplyAsync(() -> talk(caller));
            long flooded = flood(from, gateway, kind, port);
            int said = mouth.join();
            ear.join();
            return new Beside(said, said - heard.get(), flooded);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted during the call");
        }
    }

    private static int talk(UdpSocket caller) {
        int packets = SECONDS * 50;
        byte[] voice = pattern(VOICE_BYTES);
        long startNanos = System.nanoTime();
        for (int packet = 0; packet < packets; packet++) {
            LockSupport.parkNanos(startNanos + packet * 20_000_000L - System.nanoTime());
            caller.trySend(relayAt(LabFiles.VOICE_FIRST_PORT), voice);
        }
        return packets;
    }

    /** Counts until nothing has come for a second. */
    private static void listen(UdpSocket caller, AtomicInteger heard) {
        try {
            while (caller.receive(Duration.ofSeconds(1)).isPresent()) {
                heard.incrementAndGet();
            }
        } catch (IOException e) {
            // Closed: what was heard so far counts.
        }
    }

    private long flood(Namespace from, String gateway, String kind, int port) throws IOException {
        from.run("ping", "-q", "-c", "1", "-W", "2", gateway);
        String hardware =
                from.run("ip", "neigh", "show", gateway).replaceAll("(?s).*lladdr (\\S+).*", "$1");
        Shell.Result result =
                Shell.attempt(
                        from.inside(
                                "/usr/bin/python3",
                                program().toString(),
                                hardware,
                                kind,
                                "" + PACKETS_PER_SECOND,
                                "" + SECONDS,
                                "" + LEAST_PACKETS,
                                NetworkLab.FLEX,
                                NetworkLab.VPS,
                                "" + port),
                        "");
        assertEquals(0, result.exitCode(), result::output);
        return Long.parseLong(result.output().strip());
    }

    private void newCallerIsServed() throws IOException {
        try (UdpSocket caller = UdpSocket.open(client, 0)) {
            Await.until(
                    SOON,
                    "an answer to a new caller",
                    () ->
                            caller.ask(
                                            relayAt(LabFiles.VOICE_FIRST_PORT),
                                            HELLO,
                                            Duration.ofMillis(200))
                                    .isPresent());
        }
    }

    private Path program() {
        return lab.directory().resolve("flood.py");
    }

    private StatusReport.FlowsReport flowFigures() throws IOException {
        return ((JnatProcess) relay).status().flows();
    }

    private int flows() throws IOException {
        return (int) flowFigures().active();
    }

    private static long residentKilobytes(TunnelEnd end) throws IOException {
        return ProcessMemory.RESIDENT.kilobytesOf(((JnatProcess) end).pid());
    }
}
