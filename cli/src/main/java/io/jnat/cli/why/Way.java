package io.jnat.cli.why;

import io.jnat.cli.why.WhyReport.EndReport;
import io.jnat.cli.why.WhyReport.StepReport;
import io.jnat.core.engine.Zone;
import io.jnat.core.stat.DropReason;
import io.jnat.nat.Explanation;
import io.jnat.nat.Explanation.Outcome;
import io.jnat.wireguard.PeerStatus;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A packet on its way: follows it from end to end, and writes down what decided. What happens at
 * this end is the engine's own answer; the other end is asked through the tunnel.
 */
final class Way {
    private static final String NO_ANSWER =
            "it did not answer through the tunnel: it is down, not jnat, older, or set to"
                    + " tunnel.why = \"ignore\"";

    private final ThisEnd here;
    private final OtherEnds others;
    private final RulePlaces places;
    private final List<EndReport> ends = new ArrayList<>();
    private final String asked;

    /**
     * Before the first step.
     *
     * @param asked the question in words
     */
    Way(ThisEnd here, OtherEnds others, String asked) {
        this.here = here;
        this.others = others;
        this.asked = asked;
        places = new RulePlaces(here.config());
    }

    private WhyReport report(String outcome, @Nullable DropReason reason, String verdict) {
        boolean passes =
                outcome.equals("FORWARDED")
                        || outcome.equals("HANDED_BACK")
                        || outcome.equals("ANSWERED");
        return new WhyReport(
                WhyReport.SCHEMA,
                asked,
                List.copyOf(ends),
                passes,
                outcome,
                reason == null ? "" : reason.name(),
                verdict,
                reason == null ? "" : Advice.about(reason));
    }

    /** From outside, here. */
    WhyReport fromOutside(ByteBuffer packet, int link, String cameIn) throws InterruptedException {
        Steered steered = Steered.ask(here.config(), cameIn, here.linkName(link), packet);
        StepReport first = new StepReport("steering", "", "", steered.answer());
        if (!steered.steered()) {
            ends.add(new EndReport(here.name(), true, List.of(first), ""));
            return report("NOT_STEERED", null, "jnat never sees it: " + steered.answer());
        }
        return passThrough(packet, link, -1, List.of(first));
    }

    /** Here; {@code before} are steps that were made already. */
    WhyReport passThrough(ByteBuffer packet, int link, int peer, List<StepReport> before)
            throws InterruptedException {
        List<StepReport> steps = new ArrayList<>(before);
        Explanation explained = here.explain(packet, link, peer);
        for (Explanation.Step step : explained.steps()) {
            steps.add(
                    new StepReport(
                            step.asked().title(),
                            step.rule(),
                            places.of(step.rule()),
                            step.answer()));
        }
        boolean tunnel =
                explained.outcome() == Outcome.FORWARDED
                        && explained.outLink() == here.link(Zone.TUNNEL);
        if (explained.outcome() == Outcome.FORWARDED) {
            steps.add(translation(packet, explained.leaving()));
        }
        PeerStatus to = tunnel ? here.peer(explained.outPeer()) : null;
        if (to != null) {
            steps.add(new StepReport("tunnel", to.config().name(), "", tunnelState(to)));
        }
        ends.add(new EndReport(here.name(), true, steps, ""));
        if (tunnel) {
            return to == null || to.sessionAge() == null
                    ? report(
                            "UNKNOWN",
                            DropReason.TUNNEL_NO_SESSION,
                            "it would wait for a session with the other end, up to 90 s")
                    : beyond(explained);
        }
        return report(explained.outcome().name(), explained.reason(), verdict(explained));
    }

    private String verdict(Explanation explained) {
        DropReason reason = explained.reason();
        String by = explained.rule().isEmpty() ? "" : " (" + explained.rule() + ")";
        String where = " at the " + here.name();
        return switch (explained.outcome()) {
            case FORWARDED ->
                    "goes through: leaves the "
                            + here.name()
                            + " by "
                            + here.linkName(explained.outLink())
                            + " as "
                            + PacketText.text(explained.leaving())
                            + by;
            case HANDED_BACK -> "goes back to the kernel as it is" + where + ": it is the host's";
            case ANSWERED -> "jnat answers it itself" + where;
            case REJECTED, DROPPED ->
                    (explained.outcome() == Outcome.REJECTED
                                    ? "dropped, and its sender is told"
                                    : "dropped")
                            + where
                            + by
                            + ": "
                            + (reason == null ? "" : reason.explanation());
        };
    }

    /** At the other end, out of the tunnel. */
    private WhyReport beyond(Explanation sent) throws InterruptedException {
        String name = here.nameOf(sent.outPeer());
        EndMessage.Answer answer =
                others.ask(
                        sent.outPeer(), here.tunnelAddress(sent.outPeer()), false, sent.leaving());
        if (answer == null) {
            ends.add(new EndReport(name, false, List.of(), NO_ANSWER));
            return report(
                    "UNKNOWN",
                    null,
                    "goes into the tunnel as "
                            + PacketText.text(sent.leaving())
                            + "; what becomes of it there is not known");
        }
        ends.add(new EndReport(name, false, steps(answer), ""));
        DropReason reason = OtherEnds.reason(answer.reason());
        boolean through = answer.wayOut() != EndMessage.WayOut.NONE;
        if (through) {
            return report(
                    "FORWARDED",
                    null,
                    "goes through: leaves the "
                            + name
                            + " as "
                            + PacketText.text(answer.packet())
                            + (answer.wayOut() == EndMessage.WayOut.OUTSIDE
                                    ? ""
                                    : ", into the tunnel again"));
        }
        Outcome[] outcomes = Outcome.values();
        String outcome =
                answer.outcome() < outcomes.length ? outcomes[answer.outcome()].name() : "UNKNOWN";
        return report(
                outcome,
                reason,
                reason == null
                        ? "ends at the " + name + ": " + outcome
                        : "dropped at the " + name + ": " + reason.explanation());
    }

    /** From outside, at the other end first. */
    WhyReport fromOther(ByteBuffer packet, int peer) throws InterruptedException {
        String name = here.nameOf(peer);
        EndMessage.Answer answer = others.ask(peer, here.tunnelAddress(peer), true, packet);
        if (answer == null) {
            ends.add(new EndReport(name, false, List.of(), NO_ANSWER));
            if (PacketText.isToAnyOfTheRelays(packet)) {
                return report("UNKNOWN", null, "ask on the " + name + ": jnat why " + asked);
            }
            return passThrough(packet, here.link(Zone.TUNNEL), peer, List.of());
        }
        if (answer.wayOut() != EndMessage.WayOut.TO_ASKER
                || !PacketText.isReadable(answer.packet())) {
            ends.add(new EndReport(name, false, List.of(), ""));
            return report(
                    "UNKNOWN",
                    null,
                    "the "
                            + name
                            + " does not lead it here, and tells no more than that; ask there:"
                            + " jnat why "
                            + asked);
        }
        ends.add(new EndReport(name, false, steps(answer), ""));
        return passThrough(answer.packet(), here.link(Zone.TUNNEL), peer, List.of());
    }

    private static StepReport translation(ByteBuffer before, ByteBuffer after) {
        boolean same = before.equals(after);
        return new StepReport(
                "translation",
                "",
                "",
                same ? "none" : PacketText.text(before) + " becomes " + PacketText.text(after));
    }

    private static List<StepReport> steps(EndMessage.Answer answer) {
        return answer.steps().stream()
                .map(step ->
                        new StepReport(
                                OtherEnds.title(step.question()),
                                step.rule(),
                                "",
                                step.rule().isEmpty() ? "asked" : "decided"))
                .toList();
    }

    private static String tunnelState(PeerStatus peer) {
        String endpoint = peer.endpoint();
        String where = endpoint == null ? "where it is is not known yet" : "at " + endpoint;
        return peer.sessionAge() == null
                ? "no session, " + where + ": packets wait for one, the oldest are dropped first"
                : "session " + peer.sessionAge().toSeconds() + " s old, " + where;
    }
}
