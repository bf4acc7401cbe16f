package io.jnat.wireguard.message;

/**
 * Second message, 92 bytes (WireGuard paper, section 5.4.3).
 *
 * <pre>
 *   0  type = 2, three reserved zero bytes     4  sender index           8  receiver index
 *  12  ephemeral public key (32)              44  sealed nothing (16)
 *  60  mac1 (16)                              76  mac2 (16)
 * </pre>
 */
public final class HandshakeResponse {
    /** Length of the message. */
    public static final int BYTES = 92;

    /** Where the ephemeral public key lies. */
    public static final int EPHEMERAL = 12;

    /** Where the tag over nothing lies. */
    public static final int EMPTY = 44;

    /** Length of the tag over nothing. */
    public static final int EMPTY_BYTES = 16;

    private static final int SENDER = 4;
    private static final int RECEIVER = 8;

    private HandshakeResponse() {}

    /** A blank message with its type and indices. */
    public static byte[] create(int senderIndex, int receiverIndex) {
        byte[] message = new byte[BYTES];
        LittleEndian.putInt(message, 0, MessageType.RESPONSE);
        LittleEndian.putInt(message, SENDER, senderIndex);
        LittleEndian.putInt(message, RECEIVER, receiverIndex);
        return message;
    }

    /** The index that the sender's session has. */
    public static int senderIndex(byte[] message) {
        return LittleEndian.getInt(message, SENDER);
    }

    /** The index that the initiation named. */
    public static int receiverIndex(byte[] message) {
        return LittleEndian.getInt(message, RECEIVER);
    }
}
