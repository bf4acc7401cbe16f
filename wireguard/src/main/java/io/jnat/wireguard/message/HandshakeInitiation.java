package io.jnat.wireguard.message;

/**
 * First message, 148 bytes (WireGuard paper, section 5.4.2).
 *
 * <pre>
 *   0  type = 1, three reserved zero bytes     4  sender index
 *   8  ephemeral public key (32)              40  sealed static public key (32 + 16)
 *  88  sealed TAI64N (12 + 16)               116  mac1 (16)             132  mac2 (16)
 * </pre>
 */
public final class HandshakeInitiation {
    /** Length of the message. */
    public static final int BYTES = 148;

    /** Where the ephemeral public key lies. */
    public static final int EPHEMERAL = 8;

    /** Where the sealed static public key lies. */
    public static final int STATIC = 40;

    /** Length of the sealed static public key. */
    public static final int STATIC_BYTES = 48;

    /** Where the sealed timestamp lies. */
    public static final int TIMESTAMP = 88;

    /** Length of the sealed timestamp. */
    public static final int TIMESTAMP_BYTES = 28;

    private static final int SENDER = 4;

    private HandshakeInitiation() {}

    /** A blank message with its type and sender index. */
    public static byte[] create(int senderIndex) {
        byte[] message = new byte[BYTES];
        LittleEndian.putInt(message, 0, MessageType.INITIATION);
        LittleEndian.putInt(message, SENDER, senderIndex);
        return message;
    }

    /** The index by which the sender wants to be answered. */
    public static int senderIndex(byte[] message) {
        return LittleEndian.getInt(message, SENDER);
    }
}
