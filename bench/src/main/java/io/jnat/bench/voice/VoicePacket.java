package io.jnat.bench.voice;

/**
 * What a packet of a call carries, so that it can be recognized and timed:
 *
 * <pre>
 *  0  4  run        packets of an earlier run are not counted
 *  4  2  call
 *  6  2  direction
 *  8  4  sequence   of the call and direction
 * 12  8  due        nanoseconds of the monotonic clock: when it was to leave
 * 20                padding
 * </pre>
 */
final class VoicePacket {
    static final int RUN = 0;
    static final int CALL = 4;
    static final int DIRECTION = 6;
    static final int SEQUENCE = 8;
    static final int DUE = 12;

    /** Least bytes of a packet. */
    static final int BYTES = 20;

    /** Most bytes: what one datagram can hold in the tunnel without being cut. */
    static final int MOST_BYTES = 65_507;

    private VoicePacket() {}
}
