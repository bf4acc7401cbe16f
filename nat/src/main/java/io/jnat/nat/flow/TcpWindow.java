package io.jnat.nat.flow;

import io.jnat.core.packet.Memory;
import io.jnat.core.wire.Tcp;

/**
 * Follows what each side of a TCP flow acknowledges and how much it is ready to take, so that a
 * reset can be told from a forged one (RFC 7857 section 2.2 wants resets checked against the
 * window). Sequence numbers are compared by subtraction (RFC 9293 section 3.4).
 */
final class TcpWindow {
    /** The low byte of a flow's flags when no side's scale is known: one of 15 for each. */
    static final int SCALES_UNKNOWN = 0xFF;

    /** The same for a flow taken up in mid-stream: rather too wide than too narrow. */
    static final int SCALES_WIDEST = 0xEE;

    private static final int NO_SCALE = 15;

    /**
     * How far an acknowledgment may lie outside of the window all the same: netfilter's figure,
     * more than the window of a SYN allows the other side to send at first.
     */
    private static final int TOLERANCE = 66_000;

    /** RFC 7323 section 2.3. */
    private static final int LARGEST_SCALE = 14;

    private static final int OPTION_END = 0;
    private static final int OPTION_NOP = 1;
    private static final int OPTION_WINDOW_SCALE = 3;

    private TcpWindow() {}

    /** Takes note of a segment. */
    static void note(long record, int direction, long header, int headerLength, int tcpFlags) {
        boolean syn = (tcpFlags & Tcp.SYN) != 0;
        boolean acknowledges = (tcpFlags & Tcp.ACK) != 0;
        boolean opening = FlowState.isOpening(Flow.state(record));
        boolean begins = syn && (opening || !isKnown(record, direction ^ 1));
        if (begins) {
            noteScale(record, direction, windowScale(header, headerLength));
            expect(record, direction ^ 1, Tcp.sequence(header) + 1);
        } else if (syn && !acknowledges) {
            // It may have lost the connection, and begin another if the other side has lost it too:
            // until it acknowledges something, nobody knows what it takes for a reset of its own.
            Flow.flags(record, Flow.flags(record) & ~known(direction));
        }
        if (!acknowledges) {
            return;
        }
        int ack = Tcp.acknowledgment(header);
        int edge = ack + window(record, direction, header, tcpFlags);
        int known = known(direction);
        int flags = Flow.flags(record);
        // Who answers a SYN says where the connection begins; who challenges one, where it is in an
        // older connection that is forgotten here (RFC 5961 section 4).
        if ((flags & known) == 0 || begins || opening) {
            Flow.flags(record, flags | known);
            Flow.highestAck(record, direction, ack);
            Flow.windowEdge(record, direction, edge);
            return;
        }
        // One of what the other side can't have sent, or of long ago (RFC 5961 section 5), is
        // forged, or we have missed something: the next one tells.
        int reach = Flow.windowEdge(record, direction) - Flow.highestAck(record, direction);
        int away = ack - Flow.highestAck(record, direction);
        if (Math.abs((long) away) > (long) reach + TOLERANCE) {
            Flow.flags(record, flags & ~known);
            return;
        }
        if (away > 0) {
            Flow.highestAck(record, direction, ack);
        }
        if (edge - Flow.windowEdge(record, direction) > 0) {
            Flow.windowEdge(record, direction, edge);
        }
    }

    /** The receiver of a SYN will take what follows it; how much, it has not said. */
    private static void expect(long record, int receiver, int sequence) {
        int known = known(receiver);
        int flags = Flow.flags(record);
        if (!isKnown(record, receiver) || FlowState.isOpening(Flow.state(record))) {
            Flow.flags(record, flags | known);
            Flow.highestAck(record, receiver, sequence);
            Flow.windowEdge(record, receiver, sequence);
        }
    }

    private static boolean isKnown(long record, int direction) {
        return (Flow.flags(record) & known(direction)) != 0;
    }

    private static int known(int direction) {
        return direction == 0 ? Flow.ORIGINAL_WINDOW_KNOWN : Flow.REPLY_WINDOW_KNOWN;
    }

    /** Whether a segment acknowledges the SYN that its sender was sent, as far as is known. */
    static boolean answers(long record, int direction, long header) {
        int away = Tcp.acknowledgment(header) - Flow.highestAck(record, direction);
        boolean near = !isKnown(record, direction) || (away >= 0 && away <= TOLERANCE);
        return near && (Tcp.flags(header) & Tcp.ACK) != 0;
    }

    /** Whether the receiver of a reset would find it in its window, as far as is known. */
    static boolean holds(long record, int direction, long header) {
        int receiver = direction ^ 1;
        if (!isKnown(record, receiver)) {
            return true;
        }
        int sequence = Tcp.sequence(header);
        return sequence - Flow.highestAck(record, receiver) >= 0
                && sequence - Flow.windowEdge(record, receiver) <= 0;
    }

    /** Forgets everything, for a new connection over the same key. */
    static void restart(long record) {
        int forgotten = Flow.ORIGINAL_WINDOW_KNOWN | Flow.REPLY_WINDOW_KNOWN;
        Flow.flags(record, (Flow.flags(record) & ~forgotten) | SCALES_UNKNOWN);
    }

    private static int window(long record, int direction, long header, int tcpFlags) {
        int window = Tcp.window(header);
        if ((tcpFlags & Tcp.SYN) != 0) {
            return window;
        }
        int scales = Flow.flags(record) & 0xFF;
        int own = direction == 0 ? scales >>> 4 : scales & 0xF;
        int other = direction == 0 ? scales & 0xF : scales >>> 4;
        return own == NO_SCALE || other == NO_SCALE ? window : window << own;
    }

    private static void noteScale(long record, int direction, int scale) {
        int flags = Flow.flags(record);
        Flow.flags(record, direction == 0 ? (flags & ~0xF0) | scale << 4 : (flags & ~0x0F) | scale);
    }

    private static int windowScale(long header, int headerLength) {
        int at = 20;
        while (at < headerLength) {
            int kind = Memory.getByte(header + at);
            if (kind == OPTION_END) {
                break;
            }
            if (kind == OPTION_NOP) {
                at++;
                continue;
            }
            if (at + 1 >= headerLength) {
                break;
            }
            int length = Memory.getByte(header + at + 1);
            if (length < 2 || at + length > headerLength) {
                break;
            }
            if (kind == OPTION_WINDOW_SCALE && length == 3) {
                return Math.min(Memory.getByte(header + at + 2), LARGEST_SCALE);
            }
            at += length;
        }
        return NO_SCALE;
    }
}
