package io.jnat.bench.voice;

import java.time.Duration;
import java.util.List;

/**
 * What a phase gave.
 *
 * @param phase under which circumstances
 * @param length of the calls, to the arrival of their last packet
 * @param outcome of the calls
 * @param bulkBitsPerSecond of the transfer beside them; 0 without one
 * @param ends what each end cost; empty where there is no process to look at
 */
public record PhaseResult(
        Phase phase,
        Duration length,
        VoiceRun.Outcome outcome,
        double bulkBitsPerSecond,
        List<EndCost> ends) {

    /** Copies the list. */
    public PhaseResult {
        ends = List.copyOf(ends);
    }
}
