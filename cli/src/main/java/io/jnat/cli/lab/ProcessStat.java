package io.jnat.cli.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Numbers that the kernel has of a process or a thread, {@code /proc/PID/stat}; their names are
 * proc(5)'s.
 */
public enum ProcessStat {
    /** Page faults of ended children, without reading from disk. */
    CMINFLT(11),
    /** Time in user mode, in ticks of 10 ms. */
    UTIME(14),
    /** Time in the kernel, in ticks of 10 ms. */
    STIME(15),
    /** The nice value, which is the thread's own. */
    NICE(19);

    /** The first field behind the command's name, which may hold anything. */
    private static final int FIRST = 3;

    private final int field;

    ProcessStat(int field) {
        this.field = field;
    }

    /** Its value now. */
    public long of(long pid) throws IOException {
        String line = Files.readString(Path.of("/proc/" + pid + "/stat"));
        String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(fields[field - FIRST]);
    }
}
