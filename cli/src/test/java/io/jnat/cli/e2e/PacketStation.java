package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.jr.ob.JSON;
import io.jnat.cli.lab.Namespace;
import io.jnat.cli.lab.Shell;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Scapy inside a namespace: sends any packet, and shows what the wire brought. An oracle that knows
 * nothing of jnat: {@code sound(p)} recomputes every checksum, {@code quote(p)} is the packet that
 * an ICMP error carries, {@code last} is the packet that was seen last.
 *
 * <p>The kernel beside it is kept from answering: packets for {@link #QUIET_PORTS} do not reach it.
 */
@SuppressWarnings("AnnotateFormatMethod") // its annotation would be a dependency of its own
final class PacketStation implements AutoCloseable {

    /** The station's own ports, in nft's words. */
    static final String QUIET_PORTS = "4993-4994, 6000-6949, 8080, 50000-50019";

    private static final double SOON_SECONDS = 2;
    private static final double NEVER_SECONDS = 0.25;

    private final Process python;
    private final Writer requests;
    private final BufferedReader answers;

    private PacketStation(Process python) {
        this.python = python;
        this.requests = python.outputWriter(StandardCharsets.UTF_8);
        this.answers = python.inputReader(StandardCharsets.UTF_8);
    }

    /**
     * Opens one on a namespace's {@code eth0}.
     *
     * @param directory where its program may lie
     * @param gateway to whose hardware address everything is sent
     */
    static PacketStation open(Namespace namespace, Path directory, String gateway)
            throws IOException {
        namespace.nft(
                """
                table ip station {
                  chain quiet {
                    type filter hook input priority -400
                    udp dport { %s } drop
                    tcp dport { %s } drop
                  }
                }
                """
                        .formatted(QUIET_PORTS, QUIET_PORTS));
        Path program = directory.resolve("station.py");
        try (InputStream source = PacketStation.class.getResourceAsStream("station.py")) {
            Files.copy(source, program, StandardCopyOption.REPLACE_EXISTING);
        }
        namespace.run("ping", "-q", "-c", "1", "-W", "2", gateway);
        String neighbour = namespace.run("ip", "neigh", "show", gateway);
        String hardware = neighbour.replaceAll("(?s).*lladdr (\\S+).*", "$1");
        // Debian's own Python: that is where its scapy is.
        PacketStation station =
                new PacketStation(
                        new ProcessBuilder(
                                        namespace.inside(
                                                "/usr/bin/python3", program.toString(), hardware))
                                .redirectError(ProcessBuilder.Redirect.INHERIT)
                                .start());
        station.answer();
        return station;
    }

    /** Completes checksums before a capture sees them, in the namespaces that packets cross. */
    static void checksumsOnTheWire(Namespace... namespaces) throws IOException {
        for (Namespace namespace : namespaces) {
            for (String line : namespace.run("ip", "-br", "link").lines().toList()) {
                String device = line.split("[@ ]", 2)[0];
                if (device.startsWith("eth")) {
                    Shell.run(namespace.inside("ethtool", "-K", device, "tx", "off"), "");
                }
            }
        }
    }

    /** Sends a packet, or a list of packets, that a scapy expression makes. */
    void send(String expression, Object... arguments) throws IOException {
        ask(Map.of("do", "send", "what", expression.formatted(arguments)), true);
    }

    /** Waits for a packet {@code p} that fulfils the condition; fails naming what came instead. */
    void sees(String condition, Object... arguments) throws IOException {
        see(condition.formatted(arguments), "1");
    }

    /** Waits for a packet that fulfils the condition, and gives back a number of it. */
    int see(String condition, String shown) throws IOException {
        return (Integer) ask(seeing(condition, shown, SOON_SECONDS), true);
    }

    /** True if no such packet comes for a while. */
    boolean seesNone(String condition, Object... arguments) throws IOException {
        return ask(seeing(condition.formatted(arguments), "1", NEVER_SECONDS), false) == null;
    }

    /** Expects that such a packet comes, or that none does for a while. */
    void seesOnlyIf(boolean comes, String condition, Object... arguments) throws IOException {
        if (comes) {
            sees(condition, arguments);
        } else {
            assertTrue(seesNone(condition, arguments), () -> condition.formatted(arguments));
        }
    }

    /** Forgets what it has seen so far. */
    void forget() throws IOException {
        ask(Map.of("do", "forget"), true);
    }

    private static Map<String, Object> seeing(String condition, String shown, double within) {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("do", "see");
        request.put("that", condition);
        request.put("as", shown);
        request.put("within", within);
        return request;
    }

    private @Nullable Object ask(Map<String, Object> request, boolean must) throws IOException {
        requests.write(JSON.std.asString(request) + "\n");
        requests.flush();
        Map<String, Object> answer = answer();
        if (Boolean.TRUE.equals(answer.get("ok"))) {
            return answer.get("value");
        }
        if (must || answer.containsKey("wrong")) {
            fail(request + ": " + answer.get("value"));
        }
        return null;
    }

    private Map<String, Object> answer() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new IOException("the packet station has ended; its last words are in the log");
        }
        return JSON.std.mapFrom(line);
    }

    @Override
    public void close() throws IOException {
        requests.close();
        python.destroy();
    }
}
