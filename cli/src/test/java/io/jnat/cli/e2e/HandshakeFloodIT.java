package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.bench.voice.Codec;
import io.jnat.bench.voice.Measured;
import io.jnat.bench.voice.Timetable;
import io.jnat.bench.voice.VoiceRun;
import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.LabCalls;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.ProcessMemory;
import io.jnat.core.stat.DropReason;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A flood of handshakes at the relay while people speak through it. Beside the same streams and the
 * same flood to a place that ignores it, so that what the flood costs the machine as such does not
 * count.
 *
 * <p>The requirement is ten seconds a flood, no packet lost and the latency at most doubled: that
 * is judged with {@code -Djnat.flood.seconds=10} on a quiet machine. Without it the floods are
 * short, one voice packet in a hundred may be the machine's fault, and neither time nor memory is
 * judged.
 */
@Tag("alone")
@Timeout(180)
final class HandshakeFloodIT extends RunningLab {
    private static final boolean WHOLE = Integer.getInteger("jnat.flood.seconds") != null;
    private static final Duration LASTS =
            Duration.ofSeconds(Integer.getInteger("jnat.flood.seconds", 2));
    private static final int PER_SECOND = 20_000;
    private static final int CALLS = 5;
    private static final int SOURCES = 250;

    /** What the scheduler adds on a machine of two cores that tests share. */
    private static final long ALLOWANCE_NANOS = 3_000_000;

    private static final long FLAT_KIB = 8 * 1024;

    private static final Pattern DROP = Pattern.compile("\"id\":(\\d+),[^}]*\"packets\":(\\d+)");

    @Override
    boolean choosesCipher() {
        return true;
    }

    @BeforeAll
    void preparePeopleAndAttackers() throws IOException {
        client.run("ip", "route", "add", "local", "198.18.0.0/24", "dev", "lo");
        lab.namespace("vps").run("ip", "route", "add", "198.18.0.0/24", "via", NetworkLab.CLIENT);
        lab.namespace("internet")
                .nft(
                        """
                        table ip ignore {
                          chain early {
                            type filter hook prerouting priority raw
                            udp dport 9 drop
                          }
                        }
                        """);
    }

    private static List<String> many() {
        return IntStream.rangeClosed(1, SOURCES).mapToObj(at -> "198.18.0." + at).toList();
    }

    private static List<String> one() {
        return List.of(NetworkLab.CLIENT);
    }

    private static InetSocketAddress relayPort() {
        return relayAt(NetworkLab.TUNNEL_PORT);
    }

    /** Calls beside a flood: its messages, theirs, what they lost, and their latency one way. */
    private record Heard(long flooded, long sent, long lost, long p99Nanos) {}

    private Heard speakDuring(HandshakeFlood flood) throws IOException {
        CompletableFuture<Long> flooding =
                CompletableFuture.supplyAsync(() -> {
                    try {
                        return flood.run(PER_SECOND, LASTS);
                    } catch (IOException failure) {
                        throw new IllegalStateException(failure);
                    }
                });
        Timetable timetable = Timetable.of(List.of(new Timetable.Calls(Codec.G711, CALLS)), LASTS);
        List<Measured> measured;
        try (LabCalls calls = LabCalls.open(lab, CALLS)) {
            measured = VoiceRun.run(timetable, calls.path(), time -> {}).measured();
        }
        long sent = flooding.join();
        assertTrue(
                !WHOLE || sent > PER_SECOND * LASTS.toSeconds() * 8 / 10,
                () -> "only " + sent + " were sent");
        return new Heard(
                sent,
                measured.stream().mapToLong(Measured::sent).sum(),
                measured.stream().mapToLong(Measured::lost).sum(),
                Measured.latency(measured).getValueAtPercentile(99));
    }

    @Test
    @Tag("W7")
    @Tag("W8")
    void voiceGoesOnBesideFloods() throws IOException {
        List<byte[]> unknown = HandshakeFlood.unknownKeys(files.relayKey());
        List<byte[]> replays = HandshakeFlood.replays(files.routerKey(), files.relayKey(), 64);
        InetSocketAddress ignored = NetworkLab.at("198.51.100.254", 9);
        record Flood(String name, List<String> sources, List<byte[]> messages) {}
        List<Flood> floods =
                List.of(
                        new Flood("unknown keys, one source", one(), unknown),
                        new Flood("unknown keys, many sources", many(), unknown),
                        new Flood("replays, one source", one(), replays.subList(0, 1)),
                        new Flood("replays, many sources", many(), replays));
        long calmP99;
        try (HandshakeFlood flood = HandshakeFlood.from(client, many(), ignored, unknown)) {
            speakDuring(flood); // warms everything up
            calmP99 = speakDuring(flood).p99Nanos;
        }
        long residentBefore = 0;
        StringBuilder figures = new StringBuilder("p99 calm " + calmP99 / 1000 + " us");
        List<String> faults = new ArrayList<>();
        for (Flood each : floods) {
            long droppedBefore = handshakesDropped();
            try (HandshakeFlood flood =
                    HandshakeFlood.from(client, each.sources, relayPort(), each.messages)) {
                Heard heard = speakDuring(flood);
                long counted = handshakesDropped() - droppedBefore;
                figures.append(
                        "; %s: p99 %d us, lost %d, counted %d"
                                .formatted(each.name, heard.p99Nanos / 1000, heard.lost, counted));
                if (heard.lost > (WHOLE ? 0 : heard.sent / 100)) {
                    faults.add(each.name + ": voice lost");
                }
                if (WHOLE && heard.p99Nanos > 2 * calmP99 + ALLOWANCE_NANOS) {
                    faults.add(each.name + ": voice late");
                }
                if (counted < heard.flooded / 2) {
                    faults.add(each.name + ": not counted");
                }
            }
            residentBefore = residentBefore == 0 ? residentKib() : residentBefore;
        }
        long grown = residentKib() - residentBefore;
        figures.append("; resident ").append(residentBefore).append(" KiB, grew by ").append(grown);
        System.out.println("handshake flood: " + figures);
        assertAll(
                () -> assertEquals(List.of(), faults, figures::toString),
                () -> assertTrue(!WHOLE || grown < FLAT_KIB, figures::toString),
                () -> assertFalse(relay.log().contains("defect"), relay.log()));
    }

    /** Initiations to the relay that came to nothing, for whatever reason. */
    private long handshakesDropped() throws IOException {
        return dropped(
                DropReason.TUNNEL_BAD_HANDSHAKE,
                DropReason.TUNNEL_UNDER_LOAD,
                DropReason.TUNNEL_HANDSHAKE_QUEUE_FULL);
    }

    private long dropped(DropReason... reasons) throws IOException {
        String status = ((JnatProcess) relay).command("status", "--json").output();
        List<Integer> wanted = List.of(reasons).stream().map(DropReason::id).toList();
        long sum = 0;
        Matcher drops = DROP.matcher(status.replace(" ", ""));
        while (drops.find()) {
            if (wanted.contains(Integer.parseInt(drops.group(1)))) {
                sum += Long.parseLong(drops.group(2));
            }
        }
        return sum;
    }

    private long residentKib() throws IOException {
        return ProcessMemory.RESIDENT.kilobytesOf(((JnatProcess) relay).pid());
    }

    @Test
    @Tag("W1")
    @Tag("W7")
    void noiseOfAllTypesIsCountedAndNotAnswered() throws IOException {
        Random random = new Random(7);
        List<byte[]> noise = new ArrayList<>();
        List<byte[]> genuine = HandshakeFlood.replays(files.routerKey(), files.relayKey(), 8);
        int[] lengths = {0, 148, 92, 64, 32};
        for (int at = 0; at < 2_000; at++) {
            int type = at % 4 + 1;
            int length = at % 3 == 0 ? 1 + random.nextInt(1400) : lengths[type];
            byte[] message = new byte[length];
            random.nextBytes(message);
            if (at % 8 == 0) {
                message = genuine.get(random.nextInt(genuine.size())).clone();
                message[random.nextInt(132)] ^= (byte) (1 << random.nextInt(8)); // all but mac2
            } else if (length >= 4) {
                message[0] = (byte) type;
                message[1] = message[2] = message[3] = 0;
            }
            noise.add(message);
        }
        DropReason[] reasons = {
            DropReason.TUNNEL_BAD_MESSAGE,
            DropReason.TUNNEL_UNKNOWN_INDEX,
            DropReason.TUNNEL_BAD_TAG,
            DropReason.TUNNEL_BAD_MAC,
            DropReason.TUNNEL_BAD_HANDSHAKE
        };
        long before = dropped(reasons);
        try (HandshakeFlood flood = HandshakeFlood.from(client, one(), relayPort(), noise)) {
            long sent = flood.run(1_000, Duration.ofSeconds(4));
            Await.until(SOON, "all of it counted", () -> dropped(reasons) - before >= sent);
            assertEquals(sent, dropped(reasons) - before);
            assertEquals(0, flood.answers());
        }
        assertFalse(relay.log().contains("defect"), relay.log());
        assertTrue(forwardWorksWithin(SOON));
    }
}
