package io.jnat.cli.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the kernel says of a process's memory, {@code /proc/PID/status}; the names are proc(5)'s.
 */
public enum ProcessMemory {
    /** What it has in memory. */
    RESIDENT("VmRSS:"),
    /** The areas of which nothing may be taken out of memory, whether they are in it or not. */
    LOCKED("VmLck:");

    private final String field;

    ProcessMemory(String field) {
        this.field = field;
    }

    /**
     * Its value now, in units of 1024 bytes.
     *
     * @throws IOException also when the process has ended
     */
    public long kilobytesOf(long pid) throws IOException {
        Path status = Path.of("/proc/" + pid + "/status");
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith(field)) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IOException(status + " has no " + field + " the process has ended");
    }
}
