package io.jnat.wireguard;

/** Why a handshake with a known peer came to nothing. */
public enum HandshakeFailure {
    /** An initiation's timestamp was not later than the last one's. */
    REPLAYED_INITIATION(
            "its time stamp is not later than the last one's: replayed, or its clock went back"),
    /** An initiation came within 20 ms of the last one. */
    TOO_MANY_INITIATIONS("came within 20 ms of the last one"),
    /** An answer to our initiation did not authenticate: often a wrong preshared key. */
    BAD_RESPONSE("its answer does not authenticate: often a wrong preshared key"),
    /** The peer's public key is of low order. */
    UNUSABLE_PUBLIC_KEY("its public key can't be used: make a new pair at its end"),
    /** Nobody answered an initiation in time. */
    NO_ANSWER("nobody answered in time"),
    /** Nobody answered for 90 s. */
    GIVEN_UP("nobody answered for 90 s");

    private final String explanation;

    HandshakeFailure(String explanation) {
        this.explanation = explanation;
    }

    /** A few words for people. */
    public String explanation() {
        return explanation;
    }
}
