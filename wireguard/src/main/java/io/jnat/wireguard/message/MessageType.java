package io.jnat.wireguard.message;

/**
 * The first word of every message: the type and three reserved zero bytes, read as one
 * little-endian word so that a reserved byte that is not zero makes it no type at all.
 */
public final class MessageType {
    /** Handshake initiation. */
    public static final int INITIATION = 1;

    /** Handshake response. */
    public static final int RESPONSE = 2;

    /** Cookie reply. */
    public static final int COOKIE_REPLY = 3;

    /** Transport data. */
    public static final int DATA = 4;

    private MessageType() {}

    /** The type word of a handshake message in an array. */
    public static int of(byte[] message) {
        return LittleEndian.getInt(message, 0);
    }

    /** Whether a message of types 1 to 3 has exactly the length of its type. */
    public static boolean isHandshake(int type, int length) {
        return switch (type) {
            case INITIATION -> length == HandshakeInitiation.BYTES;
            case RESPONSE -> length == HandshakeResponse.BYTES;
            case COOKIE_REPLY -> length == CookieReply.BYTES;
            default -> false;
        };
    }
}
