package io.jnat.wireguard.message;

/**
 * Cookie reply, 64 bytes (WireGuard paper, section 5.4.7).
 *
 * <pre>
 *   0  type = 3, three reserved zero bytes     4  receiver index
 *   8  nonce (24)                             32  sealed cookie (16 + 16)
 * </pre>
 */
public final class CookieReply {
    /** Length of the message. */
    public static final int BYTES = 64;

    /** Where the nonce lies. */
    public static final int NONCE = 8;

    /** Length of the nonce. */
    public static final int NONCE_BYTES = 24;

    /** Where the sealed cookie lies. */
    public static final int COOKIE = 32;

    /** Length of the sealed cookie. */
    public static final int COOKIE_BYTES = 32;

    private static final int RECEIVER = 4;

    private CookieReply() {}

    /** A blank message with its type and receiver index. */
    public static byte[] create(int receiverIndex) {
        byte[] message = new byte[BYTES];
        LittleEndian.putInt(message, 0, MessageType.COOKIE_REPLY);
        LittleEndian.putInt(message, RECEIVER, receiverIndex);
        return message;
    }

    /** The sender index of the message that is being answered. */
    public static int receiverIndex(byte[] message) {
        return LittleEndian.getInt(message, RECEIVER);
    }
}
