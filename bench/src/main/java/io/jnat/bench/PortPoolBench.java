package io.jnat.bench;

import io.jnat.nat.port.PortPool;
import io.jnat.nat.port.PortRandom;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * A port taken and given back while a part of the pool is in use: the inside port is taken already,
 * so that a random one has to be found. Its cost must not depend on how full the pool is.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC"})
public class PortPoolBench {
    private static final int FIRST = 1024;
    private static final int LAST = 60_999;
    private static final int OWNER = 7;

    /** Percent of the ports that are in use. */
    @Param({"0", "50", "95", "99"})
    int occupied;

    private PortPool pool = new PortPool(new PortRandom(1, 2));
    private int wanted;

    /** Occupies ports at random, and the one that is wanted. */
    @Setup
    public void occupy() {
        pool = new PortPool(new PortRandom(1, 2));
        pool.open(FIRST, LAST);
        wanted = pool.take(FIRST, OWNER, 0);
        int busy = (LAST - FIRST + 1) * occupied / 100;
        while (pool.usedPorts() < busy) {
            pool.take(wanted, OWNER, 0);
        }
    }

    /** A new mapping's port, found and given back at once. */
    @Benchmark
    public int takeAndRelease() {
        int port = pool.take(wanted, OWNER, 0);
        pool.release(port, true, 0);
        return port;
    }
}
