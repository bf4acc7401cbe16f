package io.jnat.nat;

import io.jnat.nat.rule.NatConfig.Site;
import io.jnat.nat.rule.RuleSet;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * What stands for a routing domain in a file: a peer's number is another one after a restart, its
 * site's name is not. Immutable.
 */
final class Sites {
    /** Before there are rules. */
    static final Sites NONE = new Sites(0);

    private final int[] siteOfPeer;
    private final Map<Integer, Integer> domainOfSite = new HashMap<>();

    private Sites(int peers) {
        siteOfPeer = new int[peers];
        domainOfSite.put(Domain.WAN, Domain.WAN);
        domainOfSite.put(Domain.LAN, Domain.LAN);
    }

    static Sites of(RuleSet rules) {
        int peers = 1;
        for (Site site : rules.config().sites()) {
            peers = Math.max(peers, site.peer() + 1);
        }
        Sites sites = new Sites(peers);
        if (!rules.hasSites()) {
            sites.add(0, "the relay");
        }
        for (Site site : rules.config().sites()) {
            if (site.peer() >= 0) {
                sites.add(site.peer(), "site " + site.name());
            }
        }
        return sites;
    }

    private void add(int peer, String name) {
        CRC32C crc = new CRC32C();
        crc.update(name.getBytes(StandardCharsets.UTF_8));
        int site = (int) crc.getValue() | 1 << 31; // apart from the two fixed ones
        siteOfPeer[peer] = site;
        domainOfSite.put(site, Domain.ofPeer(peer));
    }

    /** What is written for a domain; -1 for one that is not known. */
    int site(int domain) {
        int peer = Domain.peer(domain);
        return peer < 0 ? domain : peer < siteOfPeer.length ? siteOfPeer[peer] : -1;
    }

    /** The domain that was meant; -1 when there is none. */
    int domain(int site) {
        return domainOfSite.getOrDefault(site, -1);
    }
}
