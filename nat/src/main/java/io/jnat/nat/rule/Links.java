package io.jnat.nat.rule;

import io.jnat.core.engine.Link;
import io.jnat.nat.rule.NatConfig.LinkSetup;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The links of a {@link RuleSet}, by their id: what lies behind each, and which leads where.
 * Immutable; asking allocates nothing.
 */
public final class Links {
    private final Link[] links;

    /** All networks behind a link; null while unknown. */
    private final @Nullable Ipv4Ranges[] networks;

    private final int[] address;

    /** Networks that a LAN link is in itself. */
    private final Ipv4Ranges lanOnLink;

    /** Networks that any link is in itself. */
    private final Ipv4Prefix[] onLink;

    private final int wan;
    private final int tunnel;
    private final int[] lans;

    /** Links whose ids are 0 to n-1, each once. */
    Links(List<LinkSetup> setups) {
        links = new Link[setups.size()];
        networks = new Ipv4Ranges[links.length];
        address = new int[links.length];
        int firstWan = -1;
        int lastTunnel = -1;
        List<Integer> allLans = new ArrayList<>();
        List<Ipv4Prefix> ofLans = new ArrayList<>();
        List<Ipv4Prefix> ofAll = new ArrayList<>();
        for (LinkSetup setup : setups) {
            int id = setup.link().id();
            links[id] = setup.link();
            networks[id] = setup.networks().isEmpty() ? null : Ipv4Ranges.of(setup.networks());
            address[id] = setup.addresses().isEmpty() ? 0 : setup.addresses().get(0);
            ofAll.addAll(setup.onLink());
            switch (setup.link().zone()) {
                case WAN -> firstWan = firstWan < 0 ? id : firstWan;
                case TUNNEL -> lastTunnel = id;
                case LAN -> {
                    allLans.add(id);
                    ofLans.addAll(setup.onLink());
                }
            }
        }
        lanOnLink = Ipv4Ranges.of(ofLans);
        onLink = ofAll.toArray(new Ipv4Prefix[0]);
        wan = firstWan;
        tunnel = lastTunnel;
        lans = new int[allLans.size()];
        Arrays.setAll(lans, allLans::get);
    }

    /** A link that {@link #has}. */
    public Link get(int id) {
        return links[id];
    }

    /** Whether there is a link with this id. */
    public boolean has(int id) {
        return id >= 0 && id < links.length;
    }

    /** The WAN; -1 when there is none. */
    public int wan() {
        return wan;
    }

    /** The tunnel; -1 when there is none. */
    public int tunnel() {
        return tunnel;
    }

    /** Whether there is a LAN: whether this is a router. */
    public boolean hasLan() {
        return lans.length > 0;
    }

    /** The first LAN; -1 when there is none. */
    public int lan() {
        return hasLan() ? lans[0] : -1;
    }

    /** The LAN that leads to a device; -1 when there is none. */
    public int lanTo(int device) {
        for (int lan : lans) {
            Ipv4Ranges known = networks[lan];
            if (known != null && known.contains(device)) {
                return lan;
            }
        }
        for (int lan : lans) {
            if (networks[lan] == null) {
                return lan;
            }
        }
        return lan();
    }

    /** Main own address on a link; 0 while unknown. */
    public int address(int id) {
        return address[id];
    }

    /** Whether a source address is what the link's networks say; true when they are unknown. */
    public boolean isBehind(int id, int source) {
        Ipv4Ranges known = networks[id];
        return known == null || known.contains(source);
    }

    /** Whether the address belongs to a network that a LAN link is in. */
    public boolean isLanAddress(int device) {
        return lanOnLink.contains(device);
    }

    /** Whether the address is the directed broadcast of a network that a link is in (RFC 2644). */
    public boolean isBroadcast(int destination) {
        for (Ipv4Prefix network : onLink) {
            if (network.bits() < 31 && network.last() == destination) {
                return true;
            }
        }
        return false;
    }
}
