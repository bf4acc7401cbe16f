package io.jnat.nat.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every transition of TCP's machine; columns are the events. */
final class FlowStateTest {
    private static final String[] STATES = {
        "NONE",
        "ONE_WAY",
        "TWO_WAY",
        "OPENING",
        "ESTABLISHED",
        "ORIGINAL_CLOSED",
        "REPLY_CLOSED",
        "CLOSED",
        "RESET",
        "PICKED_UP",
        "HELD",
        "REOPENING",
        "ANSWERED",
        "REFUSED"
    };

    @ParameterizedTest
    @Tag("N20")
    @CsvSource({
        // state, SYN orig, SYN reply, FIN orig, FIN reply, RST, other orig, other reply
        "OPENING, OPENING, ANSWERED, OPENING, OPENING, REFUSED, OPENING, OPENING",
        "ANSWERED, ANSWERED, ANSWERED, ORIGINAL_CLOSED, ANSWERED, REFUSED, ESTABLISHED, ANSWERED",
        "ESTABLISHED, ESTABLISHED, ESTABLISHED, ORIGINAL_CLOSED, REPLY_CLOSED, RESET,"
                + " ESTABLISHED, ESTABLISHED",
        "ORIGINAL_CLOSED, ORIGINAL_CLOSED, ORIGINAL_CLOSED, ORIGINAL_CLOSED, CLOSED, RESET,"
                + " ORIGINAL_CLOSED, ORIGINAL_CLOSED",
        "REPLY_CLOSED, REPLY_CLOSED, REPLY_CLOSED, CLOSED, REPLY_CLOSED, RESET, REPLY_CLOSED,"
                + " REPLY_CLOSED",
        "CLOSED, OPENING, CLOSED, CLOSED, CLOSED, CLOSED, CLOSED, CLOSED",
        "RESET, OPENING, RESET, RESET, RESET, RESET, ESTABLISHED, ESTABLISHED",
        "PICKED_UP, OPENING, ESTABLISHED, PICKED_UP, REPLY_CLOSED, REFUSED, PICKED_UP, ESTABLISHED",
        "REFUSED, OPENING, REFUSED, REFUSED, REFUSED, REFUSED, PICKED_UP, REFUSED",
        "REOPENING, ESTABLISHED, REOPENING, REOPENING, REOPENING, REFUSED, REOPENING, REOPENING",
    })
    void everyTransition(
            String state,
            String synOriginal,
            String synReply,
            String finOriginal,
            String finReply,
            String reset,
            String otherOriginal,
            String otherReply) {
        String[] expected = {
            synOriginal, synReply, finOriginal, finReply, reset, otherOriginal, otherReply
        };
        for (int event = 0; event < expected.length; event++) {
            assertEquals(
                    expected[event],
                    STATES[FlowState.next(number(state), event)],
                    state + " on event " + event);
        }
    }

    private static int number(String state) {
        for (int at = 0; at < STATES.length; at++) {
            if (STATES[at].equals(state)) {
                return at;
            }
        }
        throw new IllegalArgumentException(state);
    }
}
