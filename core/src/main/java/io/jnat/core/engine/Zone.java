package io.jnat.core.engine;

/** What a link stands for; rules speak of zones. */
public enum Zone {
    /** The internet, or the carrier's network. */
    WAN,
    /** The site's own devices. */
    LAN,
    /** The other end of the tunnel. */
    TUNNEL
}
