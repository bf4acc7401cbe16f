package io.jnat.cli.bench;

import io.jnat.bench.voice.EndCost;
import io.jnat.cli.control.StatusReport;
import io.jnat.cli.control.StatusReport.MemoryReport;
import io.jnat.cli.lab.ProcessMemory;
import io.jnat.cli.lab.ProcessStat;
import io.jnat.cli.lab.TunnelEnd;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What one end of the tunnel costs, from one look at its process to the next. */
final class ProcessWatch {
    /**
     * What a process may ask sysconf(_SC_CLK_TCK) for; 100 on every Linux that a JDK 25 runs on.
     */
    private static final double TICKS_PER_SECOND = 100;

    private final String name;
    private final Contender contender;
    private final TunnelEnd end;
    private double cpuSeconds;
    private @Nullable StatusReport status;

    ProcessWatch(String name, Contender contender, TunnelEnd end) {
        this.name = name;
        this.contender = contender;
        this.end = end;
    }

    /** The first look. */
    void begin() throws IOException {
        status = contender.status(end);
        cpuSeconds = readCpuSeconds();
    }

    /** The second look. */
    EndCost end() throws IOException {
        double spentSeconds = readCpuSeconds() - cpuSeconds;
        StatusReport before = status;
        StatusReport after = contender.status(end);
        long residentBytes = 1024 * ProcessMemory.RESIDENT.kilobytesOf(end.pid());
        if (before == null || after == null) {
            return new EndCost(name, spentSeconds, residentBytes, -1, -1, -1, -1);
        }
        MemoryReport then = before.memory();
        MemoryReport now = after.memory();
        return new EndCost(
                name,
                spentSeconds,
                residentBytes,
                now.collections() - then.collections(),
                now.collectionMillis() - then.collectionMillis(),
                now.engineAllocatedBytes() - then.engineAllocatedBytes(),
                packets(after) - packets(before));
    }

    private static long packets(StatusReport report) {
        return report.links().stream().mapToLong(StatusReport.LinkReport::receivedPackets).sum();
    }

    private double readCpuSeconds() throws IOException {
        long ticks = ProcessStat.UTIME.of(end.pid()) + ProcessStat.STIME.of(end.pid());
        return ticks / TICKS_PER_SECOND;
    }
}
