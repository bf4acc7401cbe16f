package io.jnat.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(30)
class EngineTest {
    private final FakeWorld world = new FakeWorld();

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(20)) {
                fail("waited in vain for " + what);
            }
            Thread.sleep(1);
        }
    }

    private static int size(List<Integer> list) {
        synchronized (list) {
            return list.size();
        }
    }

    @ParameterizedTest
    @EnumSource
    void bothDirectionsPassInOrder(Layout layout) throws Exception {
        Engine engine = world.engine(layout);
        engine.start(() -> {});
        for (int round = 0; round < 200; round++) {
            world.device.offer(1 + round % 7);
            world.socket.offer(1 + round % 5);
        }
        int fromDevice = IntStream.range(0, 200).map(round -> 1 + round % 7).sum();
        int fromTunnel = IntStream.range(0, 200).map(round -> 1 + round % 5).sum();
        await(
                "all packets",
                () ->
                        size(world.sentByLink1) == fromDevice
                                && size(world.sentByLink0) == fromTunnel);
        engine.stop();
        assertEquals(IntStream.range(0, fromDevice).boxed().toList(), world.sentByLink1);
        assertEquals(IntStream.range(0, fromTunnel).boxed().toList(), world.sentByLink0);
        assertEquals(0, engine.faults());
    }

    @ParameterizedTest
    @EnumSource
    void noSocketWaitsForAnotherThatIsAlwaysFull(Layout layout) throws Exception {
        Engine engine = world.engine(layout);
        engine.start(() -> {});
        world.socket.flood(40);
        await("a flood", () -> size(world.sentByLink0) > 40 * 40);
        world.otherSocket.offer(3);
        int before = size(world.sentByLink0);
        await("some bursts more", () -> size(world.sentByLink0) > before + 100 * 40);
        world.socket.flood(0);
        engine.stop();
        int last = world.sentByLink0.indexOf(FakeWorld.OTHERS + 2);
        assertTrue(last >= 0 && last < before + 50 * 40, last + " after " + before);
        assertEquals(0, engine.faults());
    }

    @Test
    void bulkMovesTheSocketsToTheSecondThreadAndBackWithoutReordering() throws Exception {
        Engine engine = world.engine(Layout.TWO);
        engine.start(() -> {});
        int total = 0;
        for (int wave = 0; wave < 20; wave++) {
            for (int burst = 0; burst < 30; burst++) {
                world.socket.offer(40);
                total += 40;
            }
            int expected = total;
            await("wave " + wave, () -> size(world.sentByLink0) == expected);
            long splits = engine.splits();
            await("a split", () -> splits > 0 || engine.splits() > 0);
            for (int burst = 0; burst < 80; burst++) {
                world.socket.offer(1);
                total++;
            }
            int calm = total;
            await("calm after wave " + wave, () -> size(world.sentByLink0) == calm);
        }
        engine.stop();
        assertTrue(engine.splits() > 1, "sockets came back and moved again: " + engine.splits());
        assertEquals(IntStream.range(0, total).boxed().toList(), world.sentByLink0);
    }

    /** Handing over costs a wake-up, more than all steps together: no layout does it per packet. */
    @ParameterizedTest
    @EnumSource
    void thePacketIsSentByTheThreadThatReceivedIt(Layout layout) throws Exception {
        Engine engine = world.engine(layout);
        engine.start(() -> {});
        for (int burst = 0; burst < 100; burst++) {
            world.device.offer(1);
            world.socket.offer(burst % 2 == 0 ? 40 : 1);
        }
        await(
                "all packets",
                () -> size(world.sentByLink1) == 100 && size(world.sentByLink0) == 50 * 41);
        engine.stop();
        assertEquals(0, world.handOvers.get());
    }

    @ParameterizedTest
    @EnumSource
    void bulkOf64FlowsKeepsItsOrder(Layout layout) throws Exception {
        world.clock = FakeWorld.SLOW_CLOCK;
        Engine engine = world.engine(layout);
        engine.start(() -> {});
        int total = 0;
        int waves = 0;
        // each burst has two packets of each of 64 flows, so an order of all is one of each flow
        while (waves++ < 10 || layout == Layout.MORE && world.partsOfWorkers.get() == 0) {
            for (int burst = 0; burst < 50; burst++) {
                world.socket.offer(128);
                world.device.offer(3);
                total += 128;
            }
            int expected = total;
            await("wave " + waves, () -> size(world.sentByLink0) == expected);
        }
        engine.stop();
        assertEquals(IntStream.range(0, total).boxed().toList(), world.sentByLink0);
        assertEquals(0, engine.faults());
    }

    @Test
    void faultInAWorkerIsCountedAndTheNextBurstPasses() throws Exception {
        world.clock = FakeWorld.SLOW_CLOCK;
        Engine engine = world.engine(Layout.MORE);
        engine.start(() -> {});
        world.explodeInWorker.set(true);
        int sent = 0;
        while (world.explodeInWorker.get()) {
            for (int burst = 0; burst < 50; burst++) {
                world.socket.offer(128);
            }
            sent += 50 * 128;
            int least = sent - 128;
            await("all but what failed", () -> size(world.sentByLink0) >= least);
        }
        int before = sent;
        await("the fault", () -> engine.faults() == 1);
        engine.stop();
        // That burst is given up, unless it failed ahead of its turn: then it is opened in its
        // turn.
        int lost = before - size(world.sentByLink0);
        assertTrue(lost == 0 || lost == 128, () -> lost + " packets are missing");
        assertTrue(world.faults.getFirst().contains("as the test asked"), world.faults.toString());
    }

    @Test
    void commandRunsOnTheMainThreadWhileNothingMoves() throws Exception {
        Engine engine = world.engine(Layout.ONE);
        engine.start(() -> {});
        CountDownLatch ran = new CountDownLatch(1);
        String[] thread = new String[1];
        engine.submit(nowNanos -> {
            thread[0] = Thread.currentThread().getName();
            ran.countDown();
        });
        assertTrue(ran.await(10, TimeUnit.SECONDS));
        engine.stop();
        assertEquals("engine-1", thread[0]);
    }

    @ParameterizedTest
    @EnumSource
    void theWayIsKeptWarmForAWhileAfterTrafficAndThenLeftAlone(Layout layout) throws Exception {
        Engine engine = world.engine(layout);
        engine.start(() -> {});
        Thread.sleep(20);
        assertEquals(0, world.warmTurns.get());
        world.device.offer(1);
        await("the turns", () -> world.warmTurns.get() >= Engine.WARM_TURNS);
        Thread.sleep(20);
        engine.stop();
        assertEquals(Engine.WARM_TURNS, world.warmTurns.get());
        assertEquals(1, size(world.sentByLink1));
    }

    @Test
    void packetsThatComeFastKeepTheirWayWarmThemselves() throws Exception {
        Engine engine = world.engine(Layout.ONE);
        engine.start(() -> {});
        await("rest", () -> world.board.waitsNanos.size() == 1);
        world.device.offer(1);
        await("turns", () -> world.board.waitsNanos.size() > 3);
        engine.stop();
        assertEquals(
                List.of(
                        Engine.FIRST_WARM_TURN_NANOS,
                        Engine.WARM_TURN_NANOS,
                        Engine.WARM_TURN_NANOS),
                List.copyOf(world.board.waitsNanos).subList(1, 4));
    }

    @Test
    void whoAsksIsToldWhenSparsePacketsBeginAndWhenTheyCease() throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        Engine engine = world.engine(Layout.ONE);
        engine.onActivity(
                new ActivityListener() {
                    @Override
                    public void begins() {
                        told.add("begins");
                    }

                    @Override
                    public void ends() {
                        told.add("ends");
                    }
                });
        engine.start(() -> {});
        Thread.sleep(20);
        assertEquals(List.of(), told);
        world.device.offer(1);
        world.device.offer(1);
        await("the rest", () -> told.contains("ends"));
        world.device.offer(1);
        await("the second rest", () -> told.size() == 4);
        world.device.offer(1);
        await("the third time", () -> told.size() == 5);
        world.device.offer(Engine.BULK_SEGMENTS);
        world.device.offer(1);
        await("bulk", () -> told.size() == 6);
        engine.stop();
        assertEquals(List.of("begins", "ends", "begins", "ends", "begins", "ends"), told);
    }

    @Test
    void timerRunsWhenItIsDueAndNotBefore() throws Exception {
        world.timerAtNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(50);
        long dueNanos = world.timerAtNanos;
        Engine engine = world.engine(Layout.ONE);
        engine.start(() -> {});
        await("the timer", () -> world.timerRuns.get() > 0);
        assertTrue(System.nanoTime() - dueNanos >= 0);
        engine.stop();
        assertEquals(1, world.timerRuns.get());
    }

    @Test
    void faultInAStepIsCountedAndTheNextBurstPasses() throws Exception {
        assertEquals(1, faultsOfAStep());
        assertEquals(
                List.of(
                        "engine-1: a step of the engine failed: java.lang.IllegalStateException: as the test asked"),
                world.faults);
        assertEquals(List.of(1), world.sentByLink1);
    }

    @Test
    void faultThatCannotBeLoggedLeavesTheEngineRunning() throws Exception {
        world.logFails = true;
        assertEquals(2, faultsOfAStep());
    }

    /** Of two packets the first makes a step fail, and the second passes. */
    private long faultsOfAStep() throws Exception {
        world.explodeAt = 0;
        Engine engine = world.engine(Layout.ONE);
        engine.start(() -> {});
        world.device.offer(1);
        world.device.offer(1);
        await("the second packet", () -> size(world.sentByLink1) == 1);
        engine.stop();
        return engine.faults();
    }

    @Test
    void faultInACommandLeavesTheEngineRunning() throws Exception {
        Engine engine = world.engine(Layout.ONE);
        engine.start(() -> {});
        engine.submit(nowNanos -> {
            throw new IllegalStateException("as the test asked");
        });
        world.device.offer(1);
        await("the packet", () -> size(world.sentByLink1) == 1);
        engine.stop();
        assertEquals(1, engine.faults());
    }
}
