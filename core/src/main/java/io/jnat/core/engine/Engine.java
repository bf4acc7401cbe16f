package io.jnat.core.engine;

import io.jnat.core.stat.DropReason;
import io.jnat.core.stat.LinkCounters;
import io.jnat.core.time.Clock;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Starts, feeds and stops the engine threads of a {@link Layout}.
 *
 * <p>The main thread has the devices, the timers and the commands, and, while traffic is light, the
 * tunnel's sockets. With two threads and more the sockets move to the second thread after {@value
 * #BULK_BURSTS_TO_SPLIT} bulk bursts, and back after {@value #CALM_BURSTS_TO_JOIN} small ones or
 * {@value #CALM_MILLIS_TO_JOIN} ms without any. Each burst is done to its end before its sockets
 * move, so a flow's packets keep their order. Layout {@link Layout#MORE} has {@link CipherWorkers}
 * beside.
 *
 * <p>A packet that comes alone finds its way cold: 20 ms after the last one, code and tables have
 * left the processor's caches, and it takes three times as long. So from 5 ms after a packet on,
 * for {@value #WARM_TURNS} turns of a millisecond, the main thread asks its receivers although
 * nothing is there, and has the tunnel do the same with its cipher
 * (docs/decisions/018-kept-warm.md). Without traffic, it sleeps.
 */
public final class Engine {
    /** Segments from which on a burst counts as bulk. */
    static final int BULK_SEGMENTS = 16;

    /**
     * Bytes from which on a burst counts as bulk, with however few segments: where packets are 9000
     * bytes long, a super-frame has seven. More than fifteen segments of 1452 bytes.
     */
    static final int BULK_BYTES = 22_000;

    static final int BULK_BURSTS_TO_SPLIT = 4;
    static final int CALM_BURSTS_TO_JOIN = 64;
    static final int CALM_MILLIS_TO_JOIN = 5;
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** More than the pause between two packets of any call. */
    static final int WARM_TURNS = 250;

    /** From so many turns without bulk on, packets count as sparse. */
    static final int CALM_TURNS = CALM_BURSTS_TO_JOIN;

    static final long WARM_TURN_NANOS = NANOS_PER_MILLI;

    /**
     * How long the thread waits after a packet before the first of these turns: where packets come
     * faster, they keep their way warm themselves.
     */
    static final long FIRST_WARM_TURN_NANOS = 5 * NANOS_PER_MILLI;

    private static final long ASK_ALL = -1;

    private final Layout layout;
    private final Clock clock;
    private final EngineSection section;
    private final EngineThread main;
    private final @Nullable EngineThread second;
    private final CipherWorkers workers;
    private final ReceiverGroup devices;
    private final ReceiverGroup sockets;
    private final BiConsumer<String, Throwable> faultLog;
    private final ConcurrentLinkedQueue<EngineCommand> commands = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();

    /** Owner: main thread. */
    private boolean mainHasSockets = true;

    /** How many more turns without traffic its way is kept warm. Owner: main thread. */
    private int warmTurns;

    private ActivityListener activity = ActivityListener.NONE;

    /** Turns without bulk in a row, at most {@link #CALM_TURNS}. Owner: main thread. */
    private int calmTurns;

    /** What {@link #activity} was told last. Owner: main thread. */
    private boolean sparse;

    /**
     * Which socket is asked first: each in turn, or what one of them has would take all the room.
     * Owner: the thread that has the sockets.
     */
    private int firstSocket;

    private volatile boolean stopping;
    private volatile boolean secondHasSockets;
    private final AtomicLong splits = new AtomicLong();
    private final AtomicLong faults = new AtomicLong();

    /**
     * Wires an engine; {@link #start} starts it.
     *
     * @param layout how many threads
     * @param workerCount how many workers, see {@link Layout#workers}
     * @param clock read once a burst
     * @param section the one that all forwarders were made with
     * @param forwarder makes each thread's forwarder, given how its cipher's work is done; called
     *     once a thread
     * @param readySet makes each thread's waiting; called once a thread
     * @param devices what the main thread always reads
     * @param sockets the tunnel's sockets
     * @param faultLog gets what went wrong and must not end the engine; may be called by any engine
     *     thread
     * @throws UncheckedIOException if the kernel watches no more; nothing is left open then
     */
    public Engine(
            Layout layout,
            int workerCount,
            Clock clock,
            EngineSection section,
            Function<StepRunner, Forwarder> forwarder,
            Supplier<ReadySet> readySet,
            List<Receiver> devices,
            List<Receiver> sockets,
            BiConsumer<String, Throwable> faultLog) {
        this.layout = layout;
        this.clock = clock;
        this.section = section;
        this.faultLog = faultLog;
        this.devices = new ReceiverGroup(devices, 0);
        this.sockets = new ReceiverGroup(sockets, devices.size());
        workers = new CipherWorkers(workerCount, clock);
        main = new EngineThread(forwarder.apply(newRunner()), readySet.get(), clock);
        second =
                layout == Layout.ONE
                        ? null
                        : new EngineThread(forwarder.apply(newRunner()), readySet.get(), clock);
        try {
            this.devices.watch(main.readySet());
            this.sockets.watch(main.readySet());
            if (second != null) {
                this.sockets.watch(second.readySet());
            }
        } catch (UncheckedIOException refused) {
            release();
            throw refused;
        }
    }

    private void release() {
        main.release();
        if (second != null) {
            second.release();
        }
    }

    private StepRunner newRunner() {
        return layout == Layout.MORE ? workers.newRunner() : StepRunner.INLINE;
    }

    /** Before {@link #start}: who is told when sparse packets begin and cease to flow. */
    public void onActivity(ActivityListener listener) {
        activity = listener;
    }

    /** Starts the threads; {@code onStart} runs first on each of them (nice value, pinning). */
    public void start(Runnable onStart) {
        EngineThread helper = second;
        threads.add(
                Thread.ofPlatform()
                        .name("engine-1")
                        .unstarted(() -> {
                            onStart.run();
                            runMain();
                        }));
        if (helper != null) {
            threads.add(
                    Thread.ofPlatform()
                            .name("engine-2")
                            .unstarted(() -> {
                                onStart.run();
                                runSecond(helper);
                            }));
        }
        threads.forEach(Thread::start);
        workers.start(onStart);
    }

    /** Queues a command for the main thread and wakes it; any thread. */
    public void submit(EngineCommand command) {
        commands.add(command);
        main.readySet().wake();
    }

    /** The tunnel's sockets were opened anew: watches them again. Any thread. */
    public void rewatchSockets() {
        submit(nowNanos -> {
            if (second != null) {
                sockets.watch(second.readySet());
            }
            if (mainHasSockets) {
                sockets.watch(main.readySet());
            }
        });
    }

    /** Stops the threads, waits for them, and frees the memory. */
    public void stop() throws InterruptedException {
        stopping = true;
        main.readySet().wake();
        if (second != null) {
            second.readySet().wake();
        }
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
            thread.join();
        }
        workers.stop();
        release();
    }

    private void runMain() {
        int bulkBursts = 0;
        while (!stopping) {
            try {
                if (!mainHasSockets && !secondHasSockets) {
                    mainHasSockets = true;
                    bulkBursts = 0;
                    sockets.watch(main.readySet());
                }
                long readable = awaitTraffic();
                runCommands();
                boolean bulk = turnDevices(readable);
                if (mainHasSockets) {
                    bulk |= turnSockets(main, readable);
                    bulkBursts = bulk ? bulkBursts + 1 : Math.max(0, bulkBursts - 1);
                    if (second != null && bulkBursts >= BULK_BURSTS_TO_SPLIT) {
                        mainHasSockets = false;
                        giveSocketsAway();
                    }
                }
                calmTurns = bulk || !mainHasSockets ? 0 : Math.min(calmTurns + 1, CALM_TURNS);
                tellActivity();
                runTimers();
            } catch (RuntimeException | Error fault) {
                onFault("engine-1", fault);
            }
        }
    }

    private void tellActivity() {
        boolean now = warmTurns > 0 && calmTurns == CALM_TURNS;
        if (now != sparse) {
            sparse = now;
            if (now) {
                activity.begins();
            } else {
                activity.ends();
            }
        }
    }

    /** Waits for something to do; returns which receivers to ask. */
    private long awaitTraffic() {
        long nowNanos = main.beginTurn();
        long waitNanos = main.forwarder().nextDeadlineNanos(nowNanos) - nowNanos;
        boolean busy = main.hasFetched();
        if (busy || waitNanos < 0) {
            waitNanos = 0;
        } else if (warmTurns > 0) {
            boolean first = warmTurns == WARM_TURNS;
            waitNanos = Math.min(waitNanos, first ? FIRST_WARM_TURN_NANOS : WARM_TURN_NANOS);
        }
        long readable = main.readySet().await(nowNanos, waitNanos);
        if (readable != 0) {
            warmTurns = WARM_TURNS;
        } else if (warmTurns > 0 && !busy && commands.isEmpty()) { // nor woken up for a command
            warmTurns--;
            main.forwarder().keepWarm();
            readable = ASK_ALL;
        }
        return readable;
    }

    private void giveSocketsAway() {
        finish(main);
        sockets.unwatch(main.readySet());
        splits.incrementAndGet();
        secondHasSockets = true;
        LockSupport.unpark(threads.get(1));
    }

    private void runSecond(EngineThread self) {
        while (!stopping) {
            try {
                if (!secondHasSockets) {
                    LockSupport.park(this);
                    continue;
                }
                runWhileBulk(self);
            } catch (RuntimeException | Error fault) {
                onFault("engine-2", fault);
            }
            if (secondHasSockets) {
                finish(self);
                secondHasSockets = false;
                main.readySet().wake();
            }
        }
    }

    private void runWhileBulk(EngineThread self) {
        int calmBursts = 0;
        while (!stopping && calmBursts < CALM_BURSTS_TO_JOIN) {
            long nowNanos = self.beginTurn();
            long waitNanos = self.hasFetched() ? 0 : CALM_MILLIS_TO_JOIN * NANOS_PER_MILLI;
            long readable = self.readySet().await(nowNanos, waitNanos);
            if (readable == 0 && !self.hasFetched()) {
                return;
            }
            calmBursts = turnSockets(self, readable) ? 0 : calmBursts + 1;
        }
    }

    /** One burst of each device that is ready, so that no direction waits for another's queue. */
    private boolean turnDevices(long readable) {
        boolean bulk = false;
        for (int at = 0; at < devices.size(); at++) {
            if (devices.isReady(at, readable)) {
                bulk |= main.turn(devices.at(at), devices.readable(at, main.readySet()));
            }
        }
        return bulk;
    }

    /** Fetches what the sockets have, and forwards one burst of it. */
    private boolean turnSockets(EngineThread thread, long readable) {
        boolean asks = thread.wantsMore();
        for (int turn = 0; asks && turn < sockets.size(); turn++) {
            int at = (firstSocket + turn) % sockets.size();
            if (sockets.isReady(at, readable)) {
                thread.fetch(sockets.at(at), sockets.readable(at, thread.readySet()));
            }
        }
        firstSocket = sockets.size() == 0 ? 0 : (firstSocket + 1) % sockets.size();
        return thread.hasFetched() && thread.forwardFetched();
    }

    /** Forwards all that a thread has fetched, before the sockets are another's. */
    private void finish(EngineThread thread) {
        while (thread.hasFetched()) {
            try {
                thread.forwardFetched();
            } catch (RuntimeException | Error fault) {
                onFault("engine", fault);
            }
        }
    }

    private void runTimers() {
        long nowNanos = clock.nowNanos();
        if (main.forwarder().nextDeadlineNanos(nowNanos) - nowNanos <= 0) {
            main.forwarder().onTimer(nowNanos);
        }
    }

    private void runCommands() {
        EngineCommand command = commands.poll();
        while (command != null) {
            section.enter();
            try {
                command.apply(clock.nowNanos());
            } catch (RuntimeException | Error fault) {
                onFault("command", fault);
            } finally {
                section.leave();
            }
            command = commands.poll();
        }
    }

    private void onFault(String where, Throwable fault) {
        faults.incrementAndGet();
        try {
            faultLog.accept(where, fault);
        } catch (RuntimeException | Error again) {
            faults.incrementAndGet(); // as when there is no memory to say so: packets go on
        }
    }

    /** The layout that runs. */
    public Layout layout() {
        return layout;
    }

    /** How often the sockets moved to the second thread. */
    public long splits() {
        return splits.get();
    }

    /** Faults that were caught at the edge of a loop; 0 in a healthy engine. */
    public long faults() {
        return faults.get();
    }

    /** Packets dropped for a reason, by all threads; any thread may ask. */
    public long drops(DropReason reason) {
        long packets = main.forwarder().drops().get(reason);
        return second == null ? packets : packets + second.forwarder().drops().get(reason);
    }

    /** One count of a link's traffic, over all threads; any thread may ask. */
    public long traffic(int link, LinkCounters.Kind kind) {
        long count = main.forwarder().traffic().get(link, kind);
        return second == null ? count : count + second.forwarder().traffic().get(link, kind);
    }
}
