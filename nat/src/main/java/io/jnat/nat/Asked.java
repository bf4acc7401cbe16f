package io.jnat.nat;

/**
 * A question that decides about a packet. The id is stable: it travels between the two ends of a
 * tunnel.
 */
public enum Asked {
    /** Is its header in order? */
    HEADER(1, "header"),
    /** Does it belong to a flow? */
    FLOW_TABLE(2, "flow table"),
    /** Can its source be on the side that it comes from? */
    SOURCE(3, "source"),
    /** Is its destination this machine, or a local network? */
    DESTINATION(4, "destination"),
    /** Does a forward lead it? */
    FORWARD(5, "forwards"),
    /** Did a device open the port it comes to? */
    MAPPING(6, "mappings"),
    /** Does an allow rule name it? */
    ALLOW(7, "allow rules"),
    /** Is its device captured? */
    CAPTURE(8, "captures"),
    /** By which rule does it reach the internet? */
    EGRESS(9, "way to the internet"),
    /** Can a flow begin with a packet of its kind? */
    FIRST_PACKET(10, "first packet"),
    /** Has its sender a flow to spare, and the table room? */
    LIMITS(11, "limits"),
    /** What are its addresses and ports behind the translation? */
    TRANSLATION(12, "translation"),
    /** Which way does it leave? */
    WAY_OUT(13, "way out"),
    /** Does the filter let whoever comes in? */
    FILTER(14, "filter");

    private final int id;
    private final String title;

    Asked(int id, String title) {
        this.id = id;
        this.title = title;
    }

    /** Stable number. */
    public int id() {
        return id;
    }

    /** A word or two for people. */
    public String title() {
        return title;
    }
}
