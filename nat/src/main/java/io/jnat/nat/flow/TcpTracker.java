package io.jnat.nat.flow;

import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Protocol;
import io.jnat.core.wire.Tcp;
import org.jspecify.annotations.Nullable;

/**
 * Takes a TCP flow's segments through {@link FlowState}'s machine and {@link TcpWindow}.
 *
 * <p>Owner: engine thread. Allocates nothing.
 */
public final class TcpTracker {
    private static final int TCP = Protocol.TCP;

    private TcpTracker() {}

    /** Whether a segment opens a connection: SYN without ACK, RST and FIN. */
    public static boolean opens(long header) {
        return (flags(header) & (Tcp.SYN | Tcp.ACK | Tcp.RST | Tcp.FIN)) == Tcp.SYN;
    }

    /** Whether a segment is a reset. */
    public static boolean resets(long header) {
        return (flags(header) & Tcp.RST) != 0;
    }

    /**
     * Whether a segment belongs to a connection that was open before: neither SYN nor RST, and ACK,
     * which all of them have (RFC 9293 section 3.10.7.4).
     */
    public static boolean isMidStream(long header) {
        return (flags(header) & (Tcp.SYN | Tcp.ACK | Tcp.RST)) == Tcp.ACK;
    }

    /**
     * Moves the flow on by one segment (of a super-frame: its only header).
     *
     * @return null when it may pass
     */
    public static @Nullable DropReason advance(
            FlowTable table,
            int flow,
            int direction,
            long header,
            int headerLength,
            FlowTimeouts timeouts,
            long nowNanos) {
        long record = table.record(flow);
        int tcpFlags = flags(header);
        int event;
        if (resets(header)) {
            if (!TcpWindow.holds(record, direction, header)) {
                return DropReason.TCP_RESET_OUT_OF_WINDOW;
            }
            event = FlowState.RESET;
        } else if ((tcpFlags & Tcp.SYN) != 0) {
            event = FlowState.SYN_ORIGINAL + direction;
        } else if ((tcpFlags & Tcp.FIN) != 0) {
            event = FlowState.FIN_ORIGINAL + direction;
        } else {
            event = FlowState.OTHER_ORIGINAL + direction;
        }
        int state = Flow.state(record);
        int next = FlowState.next(state, event);
        if (FlowState.isOver(state) && direction == 1 && opens(header)) {
            next = FlowState.TCP_REOPENING;
        } else if (FlowState.isOver(state)
                && (tcpFlags & (Tcp.SYN | Tcp.FIN)) == (Tcp.SYN | Tcp.FIN)) {
            next = state; // as little as it opens a connection without a flow
        } else if (state == FlowState.TCP_ANSWERED
                && direction == 0
                && event != FlowState.RESET
                && !opens(header)) {
            if (!TcpWindow.answers(record, direction, header)) {
                return null; // forged, or of an older connection: passes, and changes nothing
            }
            if (event == FlowState.SYN_ORIGINAL) {
                next = FlowState.TCP_ESTABLISHED; // both have opened at once
            }
        }
        if (next != state) {
            change(table, flow, record, next, timeouts, nowNanos);
        }
        if (event != FlowState.RESET) {
            TcpWindow.note(record, direction, header, headerLength, tcpFlags);
        }
        return null;
    }

    private static void change(
            FlowTable table,
            int flow,
            long record,
            int next,
            FlowTimeouts timeouts,
            long nowNanos) {
        int flags = Flow.flags(record);
        if (next == FlowState.TCP_OPENING || next == FlowState.TCP_REOPENING) {
            TcpWindow.restart(record);
            flags = Flow.flags(record) & ~(Flow.REPLIED | Flow.TRACKED_TO_END);
            Flow.flags(record, flags);
        } else if (next == FlowState.TCP_CLOSED) {
            Flow.flags(record, flags | Flow.TRACKED_TO_END);
        }
        table.enter(flow, next, timeouts.seconds(TCP, next), nowNanos);
    }

    private static int flags(long header) {
        return Tcp.flags(header);
    }
}
