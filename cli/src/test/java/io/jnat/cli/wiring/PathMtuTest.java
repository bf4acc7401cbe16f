package io.jnat.cli.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.engine.Log;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How an end finds out what the paths to its peers carry. */
@Tag("N31")
final class PathMtuTest {
    private static final int MTU = 1420;
    private static final long MILLI = 1_000_000L;

    /** An echo on its way. */
    private record Echo(long atNanos, int peer, long id, int packetBytes) {}

    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    private final Link tunnel = new Link(1, "tunnel", Zone.TUNNEL, MTU);
    private final List<PathMtu.Other> peers = new ArrayList<>();
    private final List<Integer> sent = new ArrayList<>();

    /** By peer: the largest packet that gets through; 0: it is no jnat. */
    private final int[] carries = {MTU, MTU};

    private final List<Echo> echoes = new ArrayList<>();

    /** Of how many probes none gets through. */
    private int lost;

    /** How many of a hundred get lost, each way. */
    private int percentLost;

    /** Until an echo is here: this, and up to as much again. */
    private long roundTripNanos;

    private final Random random = new Random(27);
    private long session;
    private long lastId;

    private long nowNanos = Long.MAX_VALUE - 1_000_000_000L;

    private final PathMtu path =
            new PathMtu(
                    tunnel,
                    () -> List.copyOf(peers),
                    this::probe,
                    new Log(new PrintStream(text, true, StandardCharsets.UTF_8), false),
                    () -> nowNanos);

    private void probe(int peer, long id, int packetBytes) {
        sent.add(packetBytes);
        lastId = id;
        if (lost > 0) {
            lost--;
        } else if (packetBytes <= carries[peer] && !isLost() && !isLost()) {
            long nanos = (long) (roundTripNanos * (1 + random.nextDouble()));
            echoes.add(new Echo(nowNanos + nanos, peer, id, packetBytes));
        }
    }

    private boolean isLost() {
        return random.nextInt(100) < percentLost;
    }

    /** The first that comes before a time. */
    private @Nullable Echo next(long untilNanos) {
        return echoes.stream()
                .filter(echo -> echo.atNanos - untilNanos <= 0)
                .min((one, other) -> Long.signum(one.atNanos - other.atNanos))
                .orElse(null);
    }

    private void connect(int peer, long sessions) {
        peers.removeIf(other -> other.index() == peer);
        peers.add(new PathMtu.Other(peer, "key" + peer, "site" + peer, sessions));
    }

    private String log() {
        return text.toString(StandardCharsets.UTF_8);
    }

    /** Until there is nothing left to do; returns the seconds that it took. */
    private double measure() {
        long startNanos = nowNanos;
        while (path.turn()) {
            long dueNanos = nowNanos + PathMtu.TRY_MILLIS * MILLI;
            Echo echo = next(dueNanos);
            if (echo == null) {
                nowNanos = dueNanos;
            } else {
                echoes.remove(echo);
                nowNanos = echo.atNanos;
                path.onEcho(echo.peer, echo.id, echo.packetBytes);
            }
            assertTrue(nowNanos - startNanos < 60_000 * MILLI, "measures for ever");
        }
        echoes.clear();
        return (nowNanos - startNanos) / 1e9;
    }

    @Test
    void aFullPathTakesTwoProbesAndChangesNothing() {
        connect(0, 1);
        measure();
        assertEquals(List.of(96, MTU), sent);
        assertEquals(MTU, tunnel.mtu(0));
        assertEquals("", log());
    }

    @Test
    void withoutANewSessionNothingIsSent() {
        connect(0, 0);
        assertFalse(path.turn());
        connect(0, 1);
        measure();
        sent.clear();
        assertFalse(path.turn());
        assertEquals(List.of(), sent);
        connect(0, 2);
        measure();
        assertEquals(List.of(96, MTU), sent);
        sent.clear();
        path.measureAgain();
        measure();
        assertEquals(List.of(96, MTU), sent);
    }

    @Test
    void whatEveryWidthOfAPathCarriesIsFoundTo16Bytes() {
        for (int width = 1280; width < MTU; width++) {
            carries[0] = width;
            connect(0, width);
            double seconds = measure();
            assertEquals(width / 16 * 16, tunnel.mtu(0), "of " + width);
            assertTrue(seconds <= 4, "took " + seconds + " s");
            assertTrue(sent.stream().filter(size -> size > 96).allMatch(size -> size >= 1280));
        }
    }

    @Test
    void largeTunnelsAreMeasuredWithFewProbes() {
        tunnel.deviceMtu(9000);
        for (int width : List.of(1500, 3333, 4470, 8999, 9000)) {
            carries[0] = width;
            connect(0, width);
            sent.clear();
            measure();
            assertEquals(width == 9000 ? 9000 : width / 16 * 16, tunnel.mtu(0), "of " + width);
            assertTrue(sent.size() <= 120, () -> sent.size() + " probes");
        }
    }

    @Test
    void ofAPeerThatIsNoJnatNothingIsAssumed() {
        carries[0] = 0;
        connect(0, 1);
        measure();
        assertEquals(List.of(96, 96, 96), sent);
        assertEquals(MTU, tunnel.mtu(0));
    }

    @Test
    void aPeerThatClaimsMoreThanItWasSentIsNotBelieved() {
        carries[0] = 0;
        connect(0, 1);
        path.turn();
        path.onEcho(0, lastId, 9000);
        measure();
        assertEquals(MTU, tunnel.mtu(0));
        assertEquals("", log());
    }

    @Test
    void aLostProbeIsSentAgain() {
        for (int first = 1; first <= 2; first++) {
            lost = first;
            connect(0, first);
            measure();
            assertEquals(MTU, tunnel.mtu(0));
        }
    }

    @Test
    void eachPathHasItsOwn() {
        carries[0] = 1400;
        carries[1] = 1330;
        connect(0, 1);
        connect(1, 1);
        measure();
        assertEquals(1392, tunnel.mtu(0));
        assertEquals(1328, tunnel.mtu(1));
        assertEquals(MTU, tunnel.mtu(2));
        assertEquals(MTU, tunnel.mtu(-1));
        carries[0] = MTU;
        connect(0, 2);
        peers.removeIf(peer -> peer.index() == 1);
        measure();
        assertEquals(MTU, tunnel.mtu(0));
        assertEquals(MTU, tunnel.mtu(1));
        assertTrue(log().contains("path to site1: carries packets of up to 1328 bytes"), this::log);
        assertTrue(log().contains("path to site0: carries packets of up to 1392 bytes"), this::log);
        assertTrue(
                log().contains("path to site0: carries packets of 1420 bytes in one piece again"),
                this::log);
        assertEquals(3, log().lines().count());
    }

    /** After a reload a site may have another number. */
    @Test
    void whatIsKnownOfAPeerFollowsIt() {
        carries[1] = 1330;
        connect(1, 1);
        measure();
        peers.clear();
        peers.add(new PathMtu.Other(0, "key1", "site1", 1));
        measure();
        assertEquals(1328, tunnel.mtu(0));
        assertEquals(MTU, tunnel.mtu(1));
    }

    @Test
    void aPeerThatSaysOneThingAndThenAnotherDoesNotFillTheLog() {
        for (int at = 1; at < 1000; at++) {
            carries[0] = at % 2 == 0 ? MTU : 1300;
            connect(0, at);
            measure();
        }
        assertTrue(log().lines().count() <= 30, this::log); // ten a minute
    }

    @Test
    void aPathTooNarrowForIpv6IsLeftAtWhatThatNeedsAndSaysSo() {
        carries[0] = 1200;
        connect(0, 1);
        measure();
        assertEquals(1280, tunnel.mtu(0));
        connect(0, 2);
        measure();
        assertEquals(1, log().lines().filter(line -> line.contains("warning")).count(), this::log);
        tunnel.deviceMtu(1280);
        connect(1, 1);
        carries[1] = 1200;
        measure();
        assertEquals(2, log().lines().filter(line -> line.contains("warning")).count(), this::log);
    }

    @Test
    void whatAPeerMakesUpIsNotBelieved() {
        carries[0] = 96;
        connect(0, 1);
        path.turn();
        for (int id = 0; id < 1000; id++) {
            path.onEcho(0, id, 96);
            path.onEcho(0, id, MTU);
            path.onEcho(7, id, 1_000_000);
        }
        measure();
        assertEquals(1280, tunnel.mtu(0));
    }

    @Test
    void aPathThatLosesPacketsIsNotTakenForANarrowOne() {
        percentLost = 20;
        assertTrue(lowered(1000) <= 5);
    }

    @Test
    void aSlowPathIsNotTakenForANarrowOne() {
        roundTripNanos = 700 * MILLI;
        assertEquals(0, lowered(100));
        percentLost = 5;
        assertTrue(lowered(1000) <= 5);
    }

    /** A satellite, or a buffer that a transfer keeps full. */
    @Test
    void aPathOnWhichEveryEchoTakesSecondsIsMeasuredToo() {
        for (long seconds = 1; seconds <= 4; seconds++) {
            roundTripNanos = seconds * 1000 * MILLI;
            carries[0] = 1400;
            connect(0, ++session);
            measure();
            assertEquals(1392, tunnel.mtu(0), "at " + seconds + " s");
            carries[0] = MTU;
            assertEquals(0, lowered(20));
        }
    }

    /** An echo that stood behind a transfer, while the small one found the queue empty. */
    @Test
    void anEchoThatComesAfterItsLastTryCounts() {
        connect(0, 1);
        measure();
        for (int at = 2; at < 10; at++) {
            roundTripNanos = 0;
            connect(0, at);
            path.turn();
            Echo small = echoes.removeFirst();
            path.onEcho(0, small.id, small.packetBytes);
            roundTripNanos = 1600 * MILLI;
            measure();
            assertEquals(MTU, tunnel.mtu(0));
        }
        assertEquals("", log());
    }

    /** Of so many measurements of a path that carries all, those that found less. */
    private int lowered(int measurements) {
        int lowered = 0;
        for (int at = 0; at < measurements; at++) {
            connect(0, ++session);
            measure();
            lowered += tunnel.mtu(0) < MTU ? 1 : 0;
        }
        return lowered;
    }

    @Test
    void anEchoDoesNotWaitForTheLog() throws Exception {
        Semaphore written = new Semaphore(0);
        Semaphore read = new Semaphore(0);
        OutputStream pipe =
                new OutputStream() {
                    @Override
                    public void write(int one) {
                        written.release();
                        read.acquireUninterruptibly();
                    }
                };
        PathMtu.Other[] both = {
            new PathMtu.Other(0, "key0", "site0", 1), new PathMtu.Other(1, "key1", "site1", 1)
        };
        PathMtu logging =
                new PathMtu(
                        tunnel,
                        () -> List.of(both),
                        this::probe,
                        new Log(new PrintStream(pipe, true, StandardCharsets.UTF_8), false),
                        () -> nowNanos);
        carries[0] = 1200;
        logging.turn();
        Echo first = echoes.removeFirst();
        Echo second = echoes.removeFirst();
        logging.onEcho(first.peer, first.id, first.packetBytes);
        Thread thread =
                Thread.ofPlatform()
                        .daemon()
                        .start(() -> {
                            while (logging.turn()) {
                                nowNanos += PathMtu.TRY_MILLIS * MILLI;
                            }
                        });
        written.acquire();
        assertTimeoutPreemptively(
                Duration.ofSeconds(5),
                () -> logging.onEcho(second.peer, second.id, second.packetBytes));
        read.release(10_000);
        thread.join();
    }

    @Test
    void aNewSessionBeginsAnew() {
        carries[0] = 1300;
        connect(0, 1);
        path.turn();
        nowNanos += 500_000_000L;
        path.turn();
        carries[0] = MTU;
        connect(0, 2);
        measure();
        assertEquals(MTU, tunnel.mtu(0));
    }
}
