package io.jnat.nat.flow;

import io.jnat.core.wire.Protocol;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * States of a flow, and TCP's machine over them (RFC 6146 section 3.5.2, seen from the flow's first
 * packet; RFC 7857 sections 2 and 3 for resets and new SYNs). Which packets pass in which state:
 * all but a reset out of window; a SYN in an established flow passes without changing anything, so
 * that the peer's challenge ACK (RFC 5961) comes back.
 */
public final class FlowState {
    /** A free record. */
    public static final int NONE = 0;

    /** Not TCP: packets in the original direction only. */
    public static final int ONE_WAY = 1;

    /** Not TCP: packets in both directions. */
    public static final int TWO_WAY = 2;

    /** TCP: a SYN in the original direction. */
    public static final int TCP_OPENING = 3;

    /** TCP: SYNs in both directions, and the original side has answered the other's. */
    public static final int TCP_ESTABLISHED = 4;

    /** TCP: the original side has closed its half. */
    public static final int TCP_ORIGINAL_CLOSED = 5;

    /** TCP: the reply side has closed its half. */
    public static final int TCP_REPLY_CLOSED = 6;

    /** TCP: both halves are closed. */
    public static final int TCP_CLOSED = 7;

    /** TCP: a reset in window; ends soon unless something else follows (RFC 6146's TRANS). */
    public static final int TCP_RESET = 8;

    /** TCP: taken up in mid-stream, one direction seen so far. */
    public static final int TCP_PICKED_UP = 9;

    /**
     * Of any protocol: the original side speaks to a device beside it whose filter keeps it out as
     * yet; nothing has passed. Whatever the other side sends there lets it go on.
     */
    public static final int HELD = 10;

    /**
     * TCP: closed or reset, and then a SYN in the reply direction, without ACK: this time the other
     * side opens.
     */
    public static final int TCP_REOPENING = 11;

    /**
     * TCP: SYNs in both directions, and nothing more of the original side. Whoever forges its
     * address gets so far, since the other side answers every SYN (RFC 4987 section 2).
     */
    public static final int TCP_ANSWERED = 12;

    /**
     * TCP: a reset in window of what was not established. A segment that follows makes it no
     * connection again, as it does after {@link #TCP_RESET}: all of it may be forged.
     */
    public static final int TCP_REFUSED = 13;

    /** A SYN in the original direction. */
    static final int SYN_ORIGINAL = 0;

    /** A SYN in the reply direction. */
    static final int SYN_REPLY = 1;

    /** A FIN in the original direction. */
    static final int FIN_ORIGINAL = 2;

    /** A FIN in the reply direction. */
    static final int FIN_REPLY = 3;

    /** A reset in window, in either direction. */
    static final int RESET = 4;

    /** Anything else in the original direction. */
    static final int OTHER_ORIGINAL = 5;

    /** Anything else in the reply direction. */
    static final int OTHER_REPLY = 6;

    private static final int EVENTS = 7;
    private static final int STATES = 14;
    private static final String[] NAMES = {
        "none",
        "one-way",
        "two-way",
        "opening",
        "established",
        "half-closed",
        "half-closed",
        "closed",
        "reset",
        "picked-up",
        "held",
        "opening",
        "opening",
        "reset"
    };
    private static final byte[] NEXT = new byte[STATES * EVENTS];

    static {
        for (int state = 0; state < STATES; state++) {
            for (int event = 0; event < EVENTS; event++) {
                NEXT[state * EVENTS + event] = (byte) state;
            }
        }
        on(TCP_OPENING, SYN_REPLY, TCP_ANSWERED);
        on(TCP_OPENING, RESET, TCP_REFUSED);
        on(TCP_ANSWERED, FIN_ORIGINAL, TCP_ORIGINAL_CLOSED);
        on(TCP_ANSWERED, OTHER_ORIGINAL, TCP_ESTABLISHED);
        on(TCP_ANSWERED, RESET, TCP_REFUSED);
        on(TCP_ESTABLISHED, FIN_ORIGINAL, TCP_ORIGINAL_CLOSED);
        on(TCP_ESTABLISHED, FIN_REPLY, TCP_REPLY_CLOSED);
        on(TCP_ESTABLISHED, RESET, TCP_RESET);
        on(TCP_ORIGINAL_CLOSED, FIN_REPLY, TCP_CLOSED);
        on(TCP_ORIGINAL_CLOSED, RESET, TCP_RESET);
        on(TCP_REPLY_CLOSED, FIN_ORIGINAL, TCP_CLOSED);
        on(TCP_REPLY_CLOSED, RESET, TCP_RESET);
        on(TCP_CLOSED, SYN_ORIGINAL, TCP_OPENING);
        on(TCP_RESET, SYN_ORIGINAL, TCP_OPENING);
        on(TCP_RESET, OTHER_ORIGINAL, TCP_ESTABLISHED);
        on(TCP_RESET, OTHER_REPLY, TCP_ESTABLISHED);
        on(TCP_PICKED_UP, SYN_ORIGINAL, TCP_OPENING);
        on(TCP_PICKED_UP, SYN_REPLY, TCP_ESTABLISHED);
        on(TCP_PICKED_UP, OTHER_REPLY, TCP_ESTABLISHED);
        on(TCP_PICKED_UP, FIN_REPLY, TCP_REPLY_CLOSED);
        on(TCP_PICKED_UP, RESET, TCP_REFUSED);
        on(TCP_REOPENING, SYN_ORIGINAL, TCP_ESTABLISHED);
        on(TCP_REOPENING, RESET, TCP_REFUSED);
        on(TCP_REFUSED, SYN_ORIGINAL, TCP_OPENING);
        on(TCP_REFUSED, OTHER_ORIGINAL, TCP_PICKED_UP);
    }

    private FlowState() {}

    private static void on(int state, int event, int next) {
        NEXT[state * EVENTS + event] = (byte) next;
    }

    /** The state that an event leads to. */
    static int next(int state, int event) {
        return NEXT[state * EVENTS + event];
    }

    /** Whether a SYN of one side waits for the other's answer. */
    static boolean isOpening(int state) {
        return state == TCP_OPENING || state == TCP_ANSWERED || state == TCP_REOPENING;
    }

    /** Whether both sides have closed a TCP connection, or one has reset it. */
    public static boolean isOver(int state) {
        return state == TCP_CLOSED || state == TCP_RESET || state == TCP_REFUSED;
    }

    /** Whether only one side has been heard, or the first one may be forged as yet. */
    public static boolean isHalfOpen(int state) {
        return state == ONE_WAY
                || state == TCP_OPENING
                || state == TCP_ANSWERED
                || state == TCP_PICKED_UP
                || state == HELD;
    }

    /** What {@link #name} may say. */
    public static List<String> names() {
        Set<String> names = new LinkedHashSet<>(Arrays.asList(NAMES));
        names.remove(NAMES[0]); // no flow is in none
        return List.copyOf(names);
    }

    /** Whether a flow of a protocol can be in a state. */
    static boolean fits(int protocol, int state) {
        return protocol == Protocol.TCP
                ? state >= TCP_OPENING && state < STATES
                : state == ONE_WAY || state == TWO_WAY || state == HELD;
    }

    /** The state behind {@link #HELD}: as if nothing had been sent yet. */
    public static int released(int protocol) {
        return protocol == Protocol.TCP ? TCP_PICKED_UP : ONE_WAY;
    }

    /** For people. */
    public static String name(int state) {
        return NAMES[state];
    }
}
