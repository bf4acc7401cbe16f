package io.jnat.wireguard;

/** Why a handshake with a known peer came to nothing. */
public enum HandshakeFailure {
    /** An initiation's timestamp was not later than the last one's. */
    REPLAYED_INITIATION,
    /** An initiation came within 20 ms of the last one. */
    TOO_MANY_INITIATIONS,
    /** An answer to our initiation did not authenticate: often a wrong preshared key. */
    BAD_RESPONSE,
    /** The peer's public key is of low order. */
    UNUSABLE_PUBLIC_KEY,
    /** Nobody answered an initiation in time. */
    NO_ANSWER,
    /** Nobody answered for 90 s. */
    GIVEN_UP
}
