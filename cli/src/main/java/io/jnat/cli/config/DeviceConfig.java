package io.jnat.cli.config;

import java.net.InetAddress;
import java.util.Optional;

/**
 * A device that rules speak of.
 *
 * @param name its name, or its address when a rule names no device
 * @param site on the relay, the site that it stands on; empty on the router
 * @param network its address in its LAN; on the router also a prefix of IPv6 addresses
 * @param mac its hardware address, when the configuration says it
 * @param ipv6Direct whether IPv6 addresses of the device that are not captured may leave by the WAN
 *     although another address of it is captured
 * @param place where it is written
 */
public record DeviceConfig(
        String name,
        Optional<String> site,
        Cidr network,
        Optional<String> mac,
        boolean ipv6Direct,
        Place place) {

    /** Its address; of a prefix the first one. */
    public InetAddress address() {
        return network.address();
    }

    /** Whether it speaks IPv6: such a device is not translated. */
    public boolean v6() {
        return network.v6();
    }

    /** {@code wa7vc:192.168.20.31} or {@code 192.168.20.31}. */
    public String target() {
        boolean host = network.equals(Cidr.host(address()));
        String text = host ? Values.text(address()) : network.toString();
        return site.isPresent() ? site.get() + ":" + text : text;
    }
}
