package io.jnat.bench;

import io.jnat.core.wire.Protocol;
import io.jnat.nat.flow.FlowDraft;
import io.jnat.nat.flow.FlowTable;
import io.jnat.tun.linux.Linux;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The flow table alone, full but for one place: a hit (found by its key, counted and refreshed) in
 * random order, a flow that ends while another begins, and the expiry of one that was refreshed
 * meanwhile.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC"
        })
public class FlowTableBench {
    private static final int DOMAIN = 2;
    private static final int PUBLIC_ADDRESS = 0xC6336401;
    private static final int IDLE_SECONDS = 300;

    /** Flows in the table. */
    @Param({"65536", "1048576"})
    int flows;

    /** Whether the table lies on huge pages. */
    @Param({"true", "false"})
    boolean hugePages;

    private final FlowDraft draft = new FlowDraft();
    private FlowTable table = new FlowTable(16, 1, 2);
    private int[] order = {};
    private int at;
    private int nextNew;
    private long nowNanos;

    /** Fills the table. */
    @Setup
    public void fill() {
        table.close();
        SplittableRandom random = new SplittableRandom(7);
        table = new FlowTable(flows, random.nextLong(), random.nextLong());
        if (hugePages && Linux.preferHugePages() == 0) {
            throw new IllegalStateException("no huge pages here");
        }
        order = new int[flows];
        for (int flow = 0; flow < flows; flow++) {
            nowNanos += IDLE_SECONDS * 1_000_000_000L / flows;
            add(flow);
            int other = random.nextInt(flow + 1);
            order[flow] = order[other];
            order[other] = flow;
        }
        nextNew = flows;
    }

    /** Gives the memory back. */
    @TearDown
    public void release() {
        table.close();
    }

    private static int source(int flow) {
        return 0x0A000000 | flow >>> 6;
    }

    private static int sourcePort(int flow) {
        return 1024 + (flow & 63) * 13;
    }

    private static int destination(int flow) {
        return 0xCB007100 ^ flow * 0x9E3779B1;
    }

    private int add(int flow) {
        draft.start(
                DOMAIN, 1, Protocol.UDP, source(flow), destination(flow), sourcePort(flow), 5004);
        draft.replyDomain = 0;
        draft.replyLink = 0;
        draft.replyDestination = PUBLIC_ADDRESS;
        draft.idleLimitSeconds = IDLE_SECONDS;
        return table.add(draft, nowNanos);
    }

    private int next() {
        int place = at;
        at = place + 1 == flows ? 0 : place + 1;
        return order[place];
    }

    /** A packet's way through the table, of a random flow. */
    @Benchmark
    public long hit() {
        int flow = next();
        int entry =
                table.find(
                        DOMAIN,
                        Protocol.UDP,
                        source(flow),
                        destination(flow),
                        sourcePort(flow),
                        5004);
        long record = table.record(FlowTable.flow(entry));
        table.count(record, FlowTable.direction(entry), 1, 200, true, nowNanos);
        nowNanos += 10_000;
        return record;
    }

    /**
     * One flow expires and another begins, as under a flood that the table just holds: so many in a
     * second that a full table's time is over in one idle limit.
     */
    @Benchmark
    public int expireOneBeginOne() {
        nowNanos += IDLE_SECONDS * 1_000_000_000L / flows;
        int due = table.due(nowNanos, 64);
        if (due > 0) {
            table.remove(due);
        }
        return add(nextNew++);
    }
}
