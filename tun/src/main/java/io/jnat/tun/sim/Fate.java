package io.jnat.tun.sim;

/** What becomes of one datagram on a {@link SimulatedNetwork}. */
enum Fate {
    /** Arrives. */
    DELIVER,
    /** Vanishes. */
    LOSE,
    /** Arrives twice. */
    DUPLICATE,
    /** Waits until {@link SimulatedNetwork#release}, and so arrives after later ones. */
    HOLD,
    /** Arrives with one bit changed. */
    CORRUPT
}
