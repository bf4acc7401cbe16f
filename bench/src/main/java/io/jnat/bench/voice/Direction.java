package io.jnat.bench.voice;

/** Which way a packet of a call goes. */
public enum Direction {
    /** From the internet to the device. */
    TO_SITE("to the site"),
    /** From the device to the internet. */
    FROM_SITE("from the site");

    private final String label;

    Direction(String label) {
        this.label = label;
    }

    /** For people. */
    public String label() {
        return label;
    }
}
