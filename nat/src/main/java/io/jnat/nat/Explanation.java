package io.jnat.nat;

import io.jnat.core.stat.DropReason;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the engine would do with one packet, and why. Nothing was sent, and nothing remembered.
 *
 * @param outcome what would become of it
 * @param reason why it would be dropped; null when it would not be
 * @param rule name of the rule that decided; empty when none did
 * @param steps questions in the order in which they were asked
 * @param outLink link it would leave by; -1 when it would not leave
 * @param outPeer tunnel peer it would go to; -1 when it would not
 * @param leaving the packet as it would leave; empty when it would not
 */
public record Explanation(
        Outcome outcome,
        @Nullable DropReason reason,
        String rule,
        List<Step> steps,
        int outLink,
        int outPeer,
        ByteBuffer leaving) {

    /** No packet. */
    static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /** Copies the list. */
    public Explanation {
        steps = List.copyOf(steps);
        leaving = leaving.asReadOnlyBuffer();
    }

    /** What becomes of a packet. */
    public enum Outcome {
        /** It goes on, translated. */
        FORWARDED,
        /** It ends here. */
        DROPPED,
        /** It ends here, and its sender is told. */
        REJECTED,
        /** It is the host's: the kernel gets it as it is. */
        HANDED_BACK,
        /** jnat answers it itself. */
        ANSWERED
    }

    /**
     * One question and its answer.
     *
     * @param asked what
     * @param rule the rule or entry that answered; empty when it was none
     * @param answer in words
     */
    public record Step(Asked asked, String rule, String answer) {}
}
