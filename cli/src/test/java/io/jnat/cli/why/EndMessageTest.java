package io.jnat.cli.why;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.stat.DropReason;
import io.jnat.nat.Asked;
import io.jnat.nat.EndMessageListener;
import io.jnat.nat.Explanation;
import io.jnat.nat.Explanation.Outcome;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the two ends say to each other about packets, and what they keep to themselves. */
@Tag("N56")
final class EndMessageTest {
    private static final int TUNNEL_LINK = 1;
    private static final int ASKER = 3;
    private static final ByteBuffer PACKET =
            PacketText.packet(
                    17,
                    InetAddress.ofLiteral("198.51.100.7"),
                    4000,
                    InetAddress.ofLiteral("192.168.20.31"),
                    55193);

    private static EndMessage.Question question(boolean outside) {
        return new EndMessage.Question(42, outside, PACKET);
    }

    private static Explanation explained(
            Outcome outcome, @Nullable DropReason reason, int link, int peer) {
        List<Explanation.Step> steps =
                List.of(
                        new Explanation.Step(Asked.SOURCE, "", "can be there"),
                        new Explanation.Step(Asked.ALLOW, "allow secret", "allows it"));
        return new Explanation(outcome, reason, "allow secret", steps, link, peer, PACKET);
    }

    private static EndMessage.Answer told(boolean outside, Explanation explained) {
        return OtherEnds.told(question(outside), ASKER, explained, TUNNEL_LINK);
    }

    @Test
    void whatIsWrittenIsReadBack() {
        assertEquals(question(true), EndMessage.decode(question(true).encoded(), 0));
        EndMessage.Answer answer = told(false, explained(Outcome.FORWARDED, null, 2, -1));
        assertEquals(answer, EndMessage.decode(answer.encoded(), 0));
        assertEquals(EndMessage.WayOut.OUTSIDE, answer.wayOut());
        assertEquals("allow secret", answer.steps().get(1).rule());
    }

    @Test
    void aProbeIsReadWithTheLengthOfItsPacketAndItsEchoSaysThat() {
        ByteBuffer probe = new EndMessage.Probe(43, 0).encoded();
        ByteBuffer padded = ByteBuffer.allocate(EndMessageListener.MAX_BYTES).put(probe).rewind();
        assertEquals(new EndMessage.Probe(43, 1420), EndMessage.decode(padded, 1420));
        EndMessage.Echo echo = new EndMessage.Echo(43, 1420);
        assertEquals(echo, EndMessage.decode(echo.encoded(), 44));
        assertNull(EndMessage.decode(echo.encoded().limit(15), 43));
    }

    @Test
    void ofWhatIsRefusedNoRuleIsTold() {
        EndMessage.Answer answer =
                told(false, explained(Outcome.DROPPED, DropReason.DENIED_BY_RULE, -1, -1));
        assertEquals(DropReason.DENIED_BY_RULE.id(), answer.reason());
        assertTrue(answer.steps().stream().allMatch(step -> step.rule().isEmpty()));
        assertEquals(EndMessage.WayOut.NONE, answer.wayOut());
    }

    @Test
    void whichAddressesLieBehindThisEndIsNotTold() {
        EndMessage.Answer spoofed =
                told(false, explained(Outcome.DROPPED, DropReason.SPOOFED_SOURCE, -1, -1));
        assertEquals(DropReason.NOT_ALLOWED.id(), spoofed.reason());
    }

    @Test
    void ofPacketsFromOutsideOnlyTheAskersAreTold() {
        EndMessage.Answer own = told(true, explained(Outcome.FORWARDED, null, TUNNEL_LINK, ASKER));
        assertEquals(EndMessage.WayOut.TO_ASKER, own.wayOut());
        for (Explanation other :
                List.of(
                        explained(Outcome.FORWARDED, null, TUNNEL_LINK, ASKER + 1),
                        explained(Outcome.FORWARDED, null, 0, -1),
                        explained(Outcome.HANDED_BACK, null, -1, -1),
                        explained(Outcome.DROPPED, DropReason.NO_FORWARD, -1, -1))) {
            EndMessage.Answer answer = told(true, other);
            assertEquals(EndMessage.Answer.NOT_TOLD, answer.outcome());
            assertEquals(0, answer.reason());
            assertEquals(List.of(), answer.steps());
            assertEquals(0, answer.packet().remaining());
        }
    }

    @Test
    void nothingTheOtherEndSaysReachesATerminalAsItIs() {
        EndMessage.Answer answer = told(false, explained(Outcome.FORWARDED, null, 2, -1));
        byte[] bytes = new byte[answer.encoded().remaining()];
        answer.encoded().get(bytes);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int name = text.indexOf("allow secret");
        bytes[name] = 27;
        bytes[name + 1] = '[';
        EndMessage.Answer read = (EndMessage.Answer) EndMessage.decode(ByteBuffer.wrap(bytes), 0);
        assertNotNull(read);
        assertEquals("??low secret", read.steps().get(1).rule());
    }

    @Test
    void manyLongNamesStillMakeOneMessage() {
        List<EndMessage.Step> steps = new ArrayList<>();
        for (int at = 0; at < 100; at++) {
            steps.add(new EndMessage.Step(7, "allow " + "x".repeat(60)));
        }
        EndMessage.Answer answer =
                new EndMessage.Answer(1, 0, 0, EndMessage.WayOut.OUTSIDE, steps, PACKET);
        assertTrue(answer.encoded().remaining() <= EndMessageListener.MAX_BYTES);
        EndMessage.Answer read = (EndMessage.Answer) EndMessage.decode(answer.encoded(), 0);
        assertNotNull(read);
        assertEquals(PACKET, read.packet());
        assertTrue(read.steps().size() > 3);
    }

    @Test
    void hostileBytesAreNoMessageAndNoException() {
        Random random = new Random(11);
        byte[] good = new byte[200];
        for (int round = 0; round < 100_000; round++) {
            ByteBuffer from =
                    (round % 2 == 0
                                    ? question(true)
                                    : told(false, explained(Outcome.FORWARDED, null, 2, -1)))
                            .encoded();
            int length = from.remaining();
            from.get(good, 0, length);
            for (int hits = random.nextInt(5); hits > 0; hits--) {
                good[random.nextInt(length)] = (byte) random.nextInt();
            }
            EndMessage read =
                    EndMessage.decode(ByteBuffer.wrap(good, 0, random.nextInt(length + 1)), 0);
            if (read instanceof EndMessage.Question question) {
                PacketText.text(question.packet());
            } else if (read instanceof EndMessage.Answer answer) {
                PacketText.text(answer.packet());
            }
        }
        assertNull(EndMessage.decode(ByteBuffer.allocate(600), 0));
    }
}
