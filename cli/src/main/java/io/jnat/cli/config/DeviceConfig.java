package io.jnat.cli.config;

import java.net.InetAddress;
import java.util.Optional;

/**
 * A device that rules speak of.
 *
 * @param name its name, or its address when a rule names no device
 * @param site on the relay, the site that it stands on; empty on the router
 * @param address in its LAN
 * @param mac its hardware address, when the configuration says it
 * @param ipv6Direct whether the device's IPv6 may leave by the WAN although it is captured
 * @param place where it is written
 */
public record DeviceConfig(
        String name,
        Optional<String> site,
        InetAddress address,
        Optional<String> mac,
        boolean ipv6Direct,
        Place place) {

    /** {@code wa7vc:192.168.20.31} or {@code 192.168.20.31}. */
    public String target() {
        String text = address.getHostAddress();
        return site.isPresent() ? site.get() + ":" + text : text;
    }
}
