package io.jnat.cli.lab;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Counts what comes out of the site's WAN, on the carrier's side of the cable, before anything
 * there can drop it. The kernel counts (nft, netdev ingress): nothing of jnat is asked.
 */
public final class WanTap {

    private static final Pattern COUNTER =
            Pattern.compile("counter (\\w+) \\{\\s*packets (\\d+) bytes \\d+");
    private static final Pattern ENDPOINT =
            Pattern.compile("(\\d+\\.\\d+\\.\\d+\\.\\d+) \\. (\\d+)");

    private final NetworkLab lab;

    private WanTap(NetworkLab lab) {
        this.lab = lab;
    }

    /**
     * Packets seen since the tap was opened.
     *
     * @param device with the radio's or flex's own IPv4 source: un-translated, a leak and a
     *     disgrace
     * @param toClient to the internet client, whatever their source; the tunnel never sends there
     * @param device6 with the radio's own IPv6 source
     * @param toClient6 to the internet client's IPv6 address
     * @param tunnel to the relay's tunnel port: proof that the tap sees the cable
     */
    public record Counts(long device, long toClient, long device6, long toClient6, long tunnel) {

        /** What passed between two readings. */
        public Counts since(Counts before) {
            return new Counts(
                    device - before.device,
                    toClient - before.toClient,
                    device6 - before.device6,
                    toClient6 - before.toClient6,
                    tunnel - before.tunnel);
        }

        /** Packets that a captured device leaked, as long as nobody else talks to the client. */
        public long leaked() {
            return device + toClient + device6 + toClient6;
        }
    }

    /** Puts the tap on the cable. */
    public static WanTap open(NetworkLab lab) throws IOException {
        lab.namespace("cgn")
                .nft(
                        """
                        table netdev tap {
                          counter captured4 { }
                          counter client4 { }
                          counter captured6 { }
                          counter client6 { }
                          counter tunnel { }
                          chain wan {
                            type filter hook ingress device "eth1" priority 0
                            ip saddr { 192.168.20.31, 192.168.20.40 } counter name "captured4"
                            ip daddr 198.51.100.2 counter name "client4"
                            ip6 saddr 2001:db8:20::31 counter name "captured6"
                            ip6 daddr 2001:db8:51::2 counter name "client6"
                            ip daddr 198.51.100.1 udp dport 51820 counter name "tunnel"
                          }
                        }
                        """);
        lab.namespace("internet")
                .nft(
                        """
                        table netdev tap {
                          set endpoints {
                            type ipv4_addr . inet_service
                            size 1024
                            flags dynamic
                          }
                          chain cgn {
                            type filter hook ingress device "cgn" priority 0
                            udp dport 51820 update @endpoints { ip saddr . udp sport }
                          }
                        }
                        """);
        return new WanTap(lab);
    }

    /** Reads the counters. */
    public Counts read() throws IOException {
        String text = lab.namespace("cgn").run("nft", "list", "counters", "netdev");
        Map<String, Long> packets = new TreeMap<>();
        Matcher matcher = COUNTER.matcher(text);
        while (matcher.find()) {
            packets.put(matcher.group(1), Long.parseLong(matcher.group(2)));
        }
        return new Counts(
                packets.getOrDefault("captured4", -1L),
                packets.getOrDefault("client4", -1L),
                packets.getOrDefault("captured6", -1L),
                packets.getOrDefault("client6", -1L),
                packets.getOrDefault("tunnel", -1L));
    }

    /** Every ADDRESS:PORT that the site's tunnel had on the internet so far. */
    public List<String> tunnelEndpoints() throws IOException {
        String text =
                lab.namespace("internet").run("nft", "list", "set", "netdev", "tap", "endpoints");
        List<String> endpoints = new ArrayList<>();
        Matcher matcher = ENDPOINT.matcher(text);
        while (matcher.find()) {
            endpoints.add(matcher.group(1) + ":" + matcher.group(2));
        }
        return endpoints;
    }
}
