package io.jnat.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Time of all processors since the machine's start, in ticks (proc(5), {@code /proc/stat}).
 *
 * @param stolen what a virtual machine's host gave to others
 * @param all with idling
 */
record ProcessorTime(long stolen, long all) {
    private static final int STOLEN = 8;

    /** After it come times of guests, which are counted in others already. */
    private static final int LAST = 8;

    static ProcessorTime now() {
        try {
            return of(Files.readAllLines(Path.of("/proc/stat")).getFirst());
        } catch (IOException notLinux) {
            return new ProcessorTime(0, 0);
        }
    }

    /** Of a line such as {@code cpu 4958890 716281 959707 2408471 5343 0 224055 43170 0 0}. */
    static ProcessorTime of(String line) {
        String[] fields = line.split(" +", -1);
        long all = 0;
        for (int at = 1; at <= LAST && at < fields.length; at++) {
            all += Long.parseLong(fields[at]);
        }
        return new ProcessorTime(fields.length > STOLEN ? Long.parseLong(fields[STOLEN]) : 0, all);
    }

    /** How much of the time since then was stolen, in percent. */
    double stolenPercentSince(ProcessorTime before) {
        long ticks = all - before.all;
        return ticks <= 0 ? 0 : 100.0 * (stolen - before.stolen) / ticks;
    }
}
