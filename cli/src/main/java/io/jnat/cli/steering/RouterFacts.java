package io.jnat.cli.steering;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.RouterConfig;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * What the plan of a site's router goes by.
 *
 * @param wan the WAN's side of it
 * @param captured IPv4 addresses of captured devices
 * @param captured6 the same of IPv6, or whole networks
 */
record RouterFacts(
        RouterConfig config,
        HostFacts host,
        WanSide wan,
        List<InetAddress> captured,
        List<Cidr> captured6) {
    /** Of a network; a shorter one is a default route by another name. */
    static final int SHORTEST_PREFIX = 8;

    static RouterFacts of(RouterConfig config, HostFacts host, int tunnelPort) {
        List<InetAddress> captured = new ArrayList<>();
        List<Cidr> captured6 = new ArrayList<>();
        for (DeviceConfig device : config.captured()) {
            if (device.v6()) {
                captured6.add(device.network());
            } else {
                captured.add(device.address());
            }
        }
        String wanTun = Steering.wanDevice(config);
        WanSide wan = new WanSide(host, config.wan(), wanTun, config.lan(), tunnelPort, List.of());
        return new RouterFacts(config, host, wan, captured, captured6);
    }

    String lanTun() {
        return Steering.lanDevice(config);
    }

    String wanTun() {
        return Steering.wanDevice(config);
    }

    /** Whether the engine translates for devices that are not captured. */
    boolean others() {
        return config.others() == RouterConfig.Others.WAN;
    }

    /** Whether IPv6 is steered. */
    boolean ipv6() {
        return !captured6.isEmpty() && host.ipv6();
    }

    /** A relay that masquerades speaks to devices from there; any device may have to answer. */
    Cidr tunnelNetwork() {
        return config.instance().tunnel().address().network();
    }

    /** Networks of table main behind such devices, without those of one link. */
    List<Cidr> networks(boolean v6, Predicate<String> device) {
        List<Cidr> networks = new ArrayList<>();
        for (HostFacts.Route route : host.routes()) {
            boolean linkLocal = route.to().address().isLinkLocalAddress();
            if (route.to().v6() == v6 && !linkLocal && device.test(route.device())) {
                networks.add(route.to());
            }
        }
        return networks;
    }

    /**
     * Behind which the internet is: the WAN, and what a default route leads to, or the halves of
     * everything, or IPv6's 2000::/3. Narrower networks there are parts of it, too: a VPN client
     * names many of them to leave out the private ones.
     */
    Set<String> uplinks() {
        Set<String> uplinks = new TreeSet<>(host.uplinks());
        uplinks.add(config.wan());
        host.routes().stream()
                .filter(route -> route.to().bits() < SHORTEST_PREFIX)
                .forEach(route -> uplinks.add(route.device()));
        return uplinks;
    }
}
