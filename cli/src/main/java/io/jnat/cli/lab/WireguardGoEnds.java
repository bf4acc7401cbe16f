package io.jnat.cli.lab;

import java.io.IOException;

/**
 * wireguard-go with what the kernel needs to do jnat's work: the same topology, the same result.
 */
public final class WireguardGoEnds {

    /** Debian's, as it is found in the path. */
    public static final String DEBIANS = "wireguard-go";

    private static final long ID = ProcessHandle.current().pid();

    private WireguardGoEnds() {}

    /** The VPS: DNAT for the forwards, hairpin too, and masquerade for what the site sends out. */
    public static WireguardGo relay(NetworkLab lab, LabFiles files, String program)
            throws IOException {
        return new WireguardGo(
                lab.namespace("vps"),
                lab.directory(),
                program,
                "wgr" + ID,
                """
                [Interface]
                PrivateKey = %s
                ListenPort = 51820
                [Peer]
                PublicKey = %s
                AllowedIPs = 10.99.0.2/32, 192.168.20.0/24
                """
                        .formatted(files.relayKey().privateText(), files.routerKey().publicText()),
                """
                ip addr add 10.99.0.1/24 dev $DEV
                ip link set $DEV mtu 1420 up
                ip route add 192.168.20.0/24 dev $DEV
                echo 1 >/proc/sys/net/ipv4/ip_forward
                nft delete table ip oracle 2>/dev/null || true
                """,
                """
                table ip oracle {
                  chain in {
                    type nat hook prerouting priority dstnat
                    ip daddr 198.51.100.1 udp dport { 55193, 50000-50149 } dnat to 192.168.20.31
                    ip daddr 198.51.100.1 tcp dport 8080 dnat to 192.168.20.31
                    ip daddr 198.51.100.1 tcp dport 4994 dnat to 192.168.20.40
                    ip daddr 198.51.100.1 udp dport 4993 dnat to 192.168.20.40
                    ip daddr 198.51.100.1 tcp dport 2222 dnat to 192.168.20.50:22
                  }
                  chain out {
                    type nat hook postrouting priority srcnat
                    oifname "eth0" masquerade
                    oifname "$DEV" ip saddr 192.168.20.0/24 ct status dnat snat to 198.51.100.1
                  }
                  chain local {
                    type filter hook input priority filter; policy drop;
                    ct state established,related accept
                    tcp dport 22 accept
                    udp dport 51820 accept
                    icmp type echo-request accept
                  }
                  chain through {
                    type filter hook forward priority filter; policy drop;
                    tcp flags syn tcp option maxseg size set rt mtu
                    ct state invalid drop
                    ct state established,related accept
                    iifname "$DEV" accept
                    ct status dnat accept
                  }
                }
                """);
    }

    /** The site: captured devices by rule into the tunnel, the others by masquerade to the WAN. */
    public static WireguardGo router(NetworkLab lab, LabFiles files, String program)
            throws IOException {
        return new WireguardGo(
                lab.namespace("site"),
                lab.directory(),
                program,
                "wgs" + ID,
                """
                [Interface]
                PrivateKey = %s
                [Peer]
                PublicKey = %s
                AllowedIPs = 0.0.0.0/0
                Endpoint = 198.51.100.1:51820
                PersistentKeepalive = 25
                """
                        .formatted(files.routerKey().privateText(), files.relayKey().publicText()),
                """
                ip addr add 10.99.0.2/24 dev $DEV
                ip link set $DEV mtu 1420 up
                ip route add default dev $DEV table 100
                while ip rule del pref 90 2>/dev/null; do :; done
                while ip rule del pref 100 2>/dev/null; do :; done
                while ip rule del pref 101 2>/dev/null; do :; done
                for net in 192.168.0.0/16 10.0.0.0/8 172.16.0.0/12; do
                  ip rule add pref 90 to $net lookup main
                done
                for device in 192.168.20.31 192.168.20.40; do
                  ip rule add pref 100 from $device lookup 100
                  ip rule add pref 101 from $device blackhole
                done
                ip rule add pref 100 fwmark 7 lookup 100
                echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
                echo 0 >/proc/sys/net/ipv4/conf/$DEV/rp_filter
                echo 1 >/proc/sys/net/ipv4/ip_forward
                nft delete table inet oracle 2>/dev/null || true
                """,
                """
                table inet oracle {
                  chain remember {
                    type filter hook prerouting priority mangle
                    iifname "$DEV" ct state new ct mark set 7
                    iifname "eth1" meta mark set ct mark
                  }
                  chain out {
                    type nat hook postrouting priority srcnat
                    oifname "eth0" ip saddr 192.168.20.0/24 masquerade
                  }
                  chain through {
                    type filter hook forward priority filter
                    ip6 saddr 2001:db8:20::31 oifname "eth0" drop
                    tcp flags syn tcp option maxseg size set rt mtu
                  }
                }
                """);
    }
}
