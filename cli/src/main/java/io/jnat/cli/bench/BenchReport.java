package io.jnat.cli.bench;

import io.jnat.bench.voice.SimulatedPath;
import io.jnat.bench.voice.Timetable;
import java.time.Duration;
import java.util.List;

/**
 * All that a run of the benchmark has to say.
 *
 * @param machine where
 * @param lab processes in namespaces, or else simulated links in one process
 * @param timetable of each phase
 * @param networkDelay added for R and MOS
 * @param stolenPercent of the processors' time, meanwhile, by the host of this virtual machine
 * @param systems jnat first
 * @param checks of the budgets
 */
record BenchReport(
        Machine machine,
        boolean lab,
        Timetable timetable,
        Duration networkDelay,
        double stolenPercent,
        List<SystemResult> systems,
        List<LimitCheck> checks) {

    BenchReport {
        systems = List.copyOf(systems);
        checks = List.copyOf(checks);
    }

    /** How many packets of the timetable were longer than what the path carries in one. */
    int cutPackets() {
        return lab ? 0 : timetable.longerThan(SimulatedPath.MOST_VOICE_BYTES);
    }
}
