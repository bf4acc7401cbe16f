package io.jnat.cli.wiring;

import com.sun.management.ThreadMXBean;
import io.jnat.cli.control.StatusReport.MemoryReport;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process holds in memory, as the JVM and Linux say. */
final class MemoryReports {
    private static final String ENGINE_THREADS = "engine-";
    private static final String RESIDENT = "VmRSS:";
    private static final String LOCKED = "VmLck:";

    private MemoryReports() {}

    static MemoryReport now() {
        long collections = 0;
        long millis = 0;
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            collections += Math.max(0, collector.getCollectionCount());
            millis += Math.max(0, collector.getCollectionTime());
        }
        Runtime runtime = Runtime.getRuntime();
        return new MemoryReport(
                statusBytes(RESIDENT),
                statusBytes(LOCKED) > 0,
                runtime.totalMemory() - runtime.freeMemory(),
                collections,
                millis,
                engineAllocatedBytes());
    }

    private static long engineAllocatedBytes() {
        long bytes = 0;
        if (ManagementFactory.getThreadMXBean() instanceof ThreadMXBean threads) {
            for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
                if (thread != null && thread.getThreadName().startsWith(ENGINE_THREADS)) {
                    bytes += Math.max(0, threads.getThreadAllocatedBytes(thread.getThreadId()));
                }
            }
        }
        return bytes;
    }

    /** -1 where there is no such thing. */
    private static long statusBytes(String field) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith(field)) {
                    return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
        } catch (IOException notLinux) {
            // Said below.
        }
        return -1;
    }
}
