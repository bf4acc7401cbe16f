package io.jnat.cli.why;

import java.util.List;

/**
 * What {@code jnat why --json} prints. Fields are added, never renamed, while the schema stays.
 *
 * @param schema of this object
 * @param packet in words
 * @param ends that were asked, in the order in which the packet would pass them
 * @param passes whether it goes through
 * @param outcome FORWARDED, HANDED_BACK, ANSWERED, REJECTED, DROPPED, NOT_STEERED or UNKNOWN
 * @param reason name of the drop reason; empty when it is not dropped
 * @param verdict in words
 * @param advice what to do about it; empty when there is nothing to do
 */
public record WhyReport(
        int schema,
        String packet,
        List<EndReport> ends,
        boolean passes,
        String outcome,
        String reason,
        String verdict,
        String advice) {
    /** Version of the fields. */
    public static final int SCHEMA = 1;

    /**
     * One end of the tunnel.
     *
     * @param name relay, or router and its site
     * @param here whether it is the one that was asked by the command
     * @param steps what decided there; empty when it did not answer
     * @param note what else there is to say; empty for nothing
     */
    public record EndReport(String name, boolean here, List<StepReport> steps, String note) {}

    /**
     * One question.
     *
     * @param question a word or two
     * @param rule that answered it; empty when none did
     * @param place where the rule is written, file:line:column; empty when that is not known
     * @param answer in words
     */
    public record StepReport(String question, String rule, String place, String answer) {}
}
