package io.jnat.cli.why;

import io.jnat.nat.EndMessageListener;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the two ends of a tunnel say to each other about a packet and about the path. Big-endian:
 *
 * <pre>
 *  0      1      2      3      4                          12
 * +------+------+------+------+--------------------------+
 * | 'j'  | 'w'  |  1   | kind | identifier of the question |
 * +------+------+------+------+--------------------------+
 * kind 1, a question: side (1), packet (the rest)
 * kind 2, an answer: outcome (1), drop reason (2), way out (1), steps (1),
 *         per step: question (1), length (1) and name of the rule; packet (the rest)
 * kind 3, a probe of the path: as many bytes as it takes
 * kind 4, its echo: length of the packet that the probe came in (4)
 * </pre>
 *
 * <p>Names are letters, digits and a few signs, so that nothing that comes from the other end can
 * do harm on a terminal.
 */
sealed interface EndMessage {
    /** What a question or an answer holds of a packet at most: headers with all their options. */
    int MAX_PACKET_BYTES = 120;

    private static int magic(int kind) {
        return 'j' << 24 | 'w' << 16 | 1 << 8 | kind;
    }

    /** Identifies the question, or the probe. */
    long id();

    /** The bytes of a message. */
    ByteBuffer encoded();

    /**
     * Asks about a packet.
     *
     * @param outside whether it would come in from outside, at the end that is asked; else it comes
     *     out of the tunnel, from the end that asks
     */
    record Question(long id, boolean outside, ByteBuffer packet) implements EndMessage {
        @Override
        public ByteBuffer encoded() {
            ByteBuffer out = ByteBuffer.allocate(13 + packet.remaining());
            out.putInt(magic(1)).putLong(id).put((byte) (outside ? 1 : 0)).put(packet.duplicate());
            return out.flip();
        }
    }

    /** Where a packet would leave the end that answers. */
    enum WayOut {
        /** It would not. */
        NONE,
        /** To the end that asked. */
        TO_ASKER,
        /** To a device or the internet. */
        OUTSIDE,
        /** Into the tunnel to another peer. */
        OTHER_PEER
    }

    /**
     * One step.
     *
     * @param question id of {@link io.jnat.nat.Asked}
     * @param rule that decided; empty when none did, or when it is not told
     */
    record Step(int question, String rule) {}

    /**
     * Answers.
     *
     * @param outcome number of {@code Explanation.Outcome}, or {@link #NOT_TOLD}
     * @param reason id of the drop reason; 0 for none
     * @param packet as it leaves; empty when it does not, or when it is not told
     */
    record Answer(
            long id, int outcome, int reason, WayOut wayOut, List<Step> steps, ByteBuffer packet)
            implements EndMessage {
        /** The packet is none of the asker's business. */
        static final int NOT_TOLD = 255;

        /** Copies the list. */
        public Answer {
            steps = List.copyOf(steps);
        }

        @Override
        public ByteBuffer encoded() {
            ByteBuffer out = ByteBuffer.allocate(EndMessageListener.MAX_BYTES);
            int room = out.capacity() - packet.remaining();
            out.putInt(magic(2)).putLong(id).put((byte) outcome).putShort((short) reason);
            out.put((byte) wayOut.ordinal());
            int count = out.position();
            out.put((byte) 0);
            for (Step step : steps) {
                byte[] rule = step.rule().getBytes(StandardCharsets.US_ASCII);
                if (out.position() + 2 + rule.length > room || rule.length > 127) {
                    break;
                }
                out.put((byte) step.question()).put((byte) rule.length).put(rule);
                out.put(count, (byte) (out.get(count) + 1));
            }
            return out.put(packet.duplicate()).flip();
        }
    }

    /**
     * Wants to be echoed.
     *
     * @param packetBytes of the packet that it came in; what makes it so long is sent behind it
     */
    record Probe(long id, int packetBytes) implements EndMessage {
        @Override
        public ByteBuffer encoded() {
            return ByteBuffer.allocate(12).putInt(magic(3)).putLong(id).flip();
        }
    }

    /**
     * Echoes a probe.
     *
     * @param packetBytes of the packet that the probe came in
     */
    record Echo(long id, int packetBytes) implements EndMessage {
        @Override
        public ByteBuffer encoded() {
            ByteBuffer out = ByteBuffer.allocate(16);
            return out.putInt(magic(4)).putLong(id).putInt(packetBytes).flip();
        }
    }

    /**
     * Reads a message of the other end, which may be anything; null when it is not one.
     *
     * @param packetBytes of the packet that it came in
     */
    static @Nullable EndMessage decode(ByteBuffer bytes, int packetBytes) {
        ByteBuffer in = bytes.duplicate();
        if (in.remaining() < 12 || in.remaining() > EndMessageListener.MAX_BYTES) {
            return null;
        }
        int magic = in.getInt();
        long id = in.getLong();
        if (magic == magic(1) && in.hasRemaining()) {
            Question question = new Question(id, in.get() == 1, in.slice());
            return question.packet().remaining() > MAX_PACKET_BYTES ? null : question;
        }
        if (magic == magic(3)) {
            return new Probe(id, packetBytes);
        }
        if (magic == magic(4) && in.remaining() == Integer.BYTES) {
            return new Echo(id, in.getInt());
        }
        return magic == magic(2) ? decodeAnswer(id, in) : null;
    }

    private static @Nullable Answer decodeAnswer(long id, ByteBuffer in) {
        if (in.remaining() < 5) {
            return null;
        }
        int outcome = in.get() & 0xff;
        int reason = in.getShort() & 0xffff;
        int wayOut = in.get() & 0xff;
        int count = in.get() & 0xff;
        if (wayOut >= WayOut.values().length) {
            return null;
        }
        List<Step> steps = new ArrayList<>();
        for (int at = 0; at < count; at++) {
            if (in.remaining() < 2) {
                return null;
            }
            int question = in.get() & 0xff;
            int length = in.get() & 0xff;
            if (in.remaining() < length) {
                return null;
            }
            byte[] rule = new byte[length];
            in.get(rule);
            steps.add(new Step(question, harmless(rule)));
        }
        if (in.remaining() > MAX_PACKET_BYTES) {
            return null;
        }
        return new Answer(id, outcome, reason, WayOut.values()[wayOut], steps, in.slice());
    }

    private static String harmless(byte[] name) {
        return new String(name, StandardCharsets.US_ASCII).replaceAll("[^A-Za-z0-9 _.()/:-]", "?");
    }
}
