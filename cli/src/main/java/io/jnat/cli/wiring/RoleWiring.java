package io.jnat.cli.wiring;

import io.jnat.cli.steering.EnginePorts;
import io.jnat.core.engine.Link;
import io.jnat.nat.rule.NatConfig;
import io.jnat.wireguard.PeerConfig;
import io.jnat.wireguard.WireGuardDevice;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;

/** What a relay and a router do differently when the parts are put together. */
interface RoleWiring {
    /** For people. */
    String name();

    /** Whether there is a TUN device on the LAN's side. */
    boolean hasLan();

    /** The tunnel's peers, in the order that gives them their numbers. */
    List<PeerConfig> peers() throws IOException;

    /** The rules, for the addresses and ports that the host has now. */
    NatConfig rules(
            List<Link> links,
            WireGuardDevice wireguard,
            List<InetAddress> wanAddresses,
            EnginePorts ports);

    /** What does not work at the moment, one line each, beside what every role checks. */
    List<String> problems(WireGuardDevice wireguard);
}
