package io.jnat.nat;

import io.jnat.core.engine.Emitter;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.PacketParser;
import io.jnat.nat.rule.Behaviour;
import io.jnat.nat.rule.Behaviour.Dependence;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.Lifetime;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.NatConfig.Forward;
import io.jnat.nat.rule.NatConfig.LinkSetup;
import io.jnat.nat.rule.NatConfig.Others;
import io.jnat.nat.rule.NatConfig.Site;
import io.jnat.nat.rule.PortRange;
import io.jnat.nat.rule.RuleSet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A policy on a table: packets in, packets out, a hand-driven clock. */
final class TranslatorBench implements AutoCloseable {
    static final int WAN = 0;
    static final int TUNNEL = 1;
    static final int LAN = 2;
    static final String PUBLIC = "198.51.100.1";
    static final int RELAY_PEER = 0;
    static final Ipv4Prefix SITE_NETWORK = Ipv4Prefix.parse("192.168.20.0/24");

    final Link wan = new Link(WAN, "wan", Zone.WAN, 1500);
    final Link tunnel = new Link(TUNNEL, "tunnel", Zone.TUNNEL, 1420);
    final Link lan = new Link(LAN, "lan", Zone.LAN, 1500);

    final NatPolicy policy;
    final Burst burst = new Burst();
    final List<Sent> emitted = new ArrayList<>();
    long now = 5_000_000_000L;

    /** What came out for one packet. */
    static final class Sent {
        private final byte[] bytes;
        private final int link;
        private final int peer;

        Sent(byte[] bytes, int link, int peer) {
            this.bytes = bytes;
            this.link = link;
            this.peer = peer;
        }

        byte[] bytes() {
            return bytes;
        }

        int link() {
            return link;
        }

        int peer() {
            return peer;
        }
    }

    private final Packet packet = new Packet();
    DropReason dropped;
    boolean taken;

    private final Emitter emitter =
            new Emitter() {
                @Override
                public Packet make(int bytes) {
                    long address = burst.make(bytes);
                    Packet made = address == 0 ? null : burst.append(address, bytes);
                    if (made != null) {
                        made.verdict = Packet.TAKEN;
                    }
                    return made;
                }

                @Override
                public void emit(Packet made) {
                    made.verdict = Packet.FORWARD;
                }
            };

    TranslatorBench(NatCapacity capacity) {
        policy = new NatPolicy(capacity);
    }

    TranslatorBench() {
        this(new NatCapacity(1024, 1024, 64, 2048, 42));
    }

    /** A relay without rules yet. */
    NatConfig relay() {
        return relayAt(List.of(PUBLIC));
    }

    /** A relay without rules yet that has these public addresses. */
    NatConfig relayAt(List<String> addresses) {
        return NatConfig.of(
                relayLinks(addresses), Wire.ip("10.99.0.1"), Ipv4Prefix.parse("10.99.0.0/24"));
    }

    /** A relay with sites and forwards. */
    NatConfig relay(List<Site> sites, List<Forward> forwards) {
        return relay().withRules(sites, forwards, List.of(), List.of(), Others.KERNEL);
    }

    /**
     * A router without rules yet.
     *
     * @param wanAddresses the WAN's; empty while there is none
     */
    NatConfig router(List<String> wanAddresses) {
        return NatConfig.of(
                routerLinks(wanAddresses), Wire.ip("10.99.0.2"), Ipv4Prefix.parse("10.99.0.0/24"));
    }

    /** A site that has {@link #SITE_NETWORK}. */
    static Site site(int peer, String name) {
        return new Site(peer, name, List.of(SITE_NETWORK));
    }

    /** A site that has {@link #SITE_NETWORK}, with a behaviour of its own. */
    static Site site(int peer, String name, Behaviour behaviour) {
        return new Site(peer, name, List.of(SITE_NETWORK), behaviour);
    }

    /** A forward that anybody may use, and that either side keeps alive. */
    static Forward forward(
            String name, PortRange ports, int peer, String device, int firstDevicePort) {
        return new Forward(
                name, ports, 0, List.of(), peer, Wire.ip(device), firstDevicePort, false);
    }

    /** A forward to peer 0 with a filter and a lifetime of its own. */
    static Forward forward(
            String name,
            PortRange ports,
            String device,
            int firstDevicePort,
            Dependence filtering,
            Lifetime lifetime) {
        return new Forward(
                name,
                ports,
                0,
                List.of(),
                0,
                Wire.ip(device),
                firstDevicePort,
                false,
                filtering,
                lifetime);
    }

    private List<LinkSetup> relayLinks(List<String> addresses) {
        return List.of(
                new LinkSetup(wan, addresses.stream().map(Wire::ip).toList(), List.of()),
                new LinkSetup(tunnel, List.of(Wire.ip("10.99.0.1")), List.of()));
    }

    private List<LinkSetup> routerLinks(List<String> wanAddresses) {
        return List.of(
                new LinkSetup(wan, wanAddresses.stream().map(Wire::ip).toList(), List.of()),
                new LinkSetup(tunnel, List.of(Wire.ip("10.99.0.2")), List.of()),
                new LinkSetup(
                        lan,
                        List.of(Wire.ip("192.168.20.1")),
                        List.of(Ipv4Prefix.parse("192.168.20.0/24"))));
    }

    void apply(NatConfig config) {
        new NatCommand.ApplyRules(policy, RuleSet.compile(config), new CompletableFuture<>())
                .apply(now);
    }

    List<FlowView> flows() {
        List<FlowView> all = new ArrayList<>();
        int from = 1;
        while (from != 0) {
            CompletableFuture<NatCommand.FlowPage> answer = new CompletableFuture<>();
            new NatCommand.ListFlows(policy, FlowFilter.ALL, from, answer).apply(now);
            all.addAll(answer.join().flows());
            from = answer.join().next();
        }
        return all;
    }

    NatReport report() {
        CompletableFuture<NatReport> answer = new CompletableFuture<>();
        new NatCommand.Report(policy, answer).apply(now);
        return answer.join();
    }

    Sent fromWan(byte[] bytes) {
        return send(bytes, WAN, -1);
    }

    Sent fromLan(byte[] bytes) {
        return send(bytes, LAN, -1);
    }

    Sent fromTunnel(byte[] bytes, int peer) {
        return send(bytes, TUNNEL, peer);
    }

    /** Sends a packet through; null when it did not come out, see {@link #dropped}. */
    Sent send(byte[] bytes, int link, int peer) {
        return send(load(bytes, link, peer));
    }

    Packet load(byte[] bytes, int link, int peer) {
        emitted.clear();
        dropped = null;
        taken = false;
        return reload(bytes, link, peer);
    }

    Emitter emitter() {
        return emitter;
    }

    Packet reload(byte[] bytes, int link, int peer) {
        burst.reset(now);
        long at = burst.in.address() + Packet.HEADROOM_BYTES;
        Memory.copy(bytes, 0, at, bytes.length);
        packet.reset(at, bytes.length);
        packet.inLink = link;
        packet.inPeer = peer;
        return packet;
    }

    Sent send(Packet loaded) {
        DropReason malformed = PacketParser.parse(loaded);
        if (malformed != null) {
            dropped = malformed;
            return null;
        }
        policy.track(loaded, emitter, now);
        if (loaded.verdict == Packet.FORWARD) {
            policy.translate(loaded, now);
        }
        collect();
        taken = loaded.verdict == Packet.TAKEN;
        if (loaded.verdict != Packet.FORWARD) {
            dropped = loaded.dropReason;
            return null;
        }
        return sent(loaded);
    }

    void undeliverable(DropReason reason) {
        burst.reset(now);
        packet.drop(reason);
        policy.undeliverable(packet, reason, emitter, now);
        collect();
    }

    /** Lets time pass, with timers. */
    void pass(long seconds) {
        long end = now + seconds * 1_000_000_000L;
        while (now - end < 0) {
            now = Math.min(end, now + 500_000_000L);
            burst.reset(now);
            policy.onTimer(emitter, now);
        }
        while (policy.nextDeadlineNanos(now) - now <= 1_000_000) {
            policy.onTimer(emitter, now += 1_000_000);
        }
    }

    /** Lets time pass with timers as the engine runs them: when they are due, asked each step. */
    void idle(long millis, long stepNanos) {
        long end = now + millis * 1_000_000L;
        while (now - end < 0) {
            now += stepNanos;
            if (policy.nextDeadlineNanos(now) - now <= 0) {
                onTimer();
            }
        }
    }

    /** Runs the timers once. */
    void onTimer() {
        burst.reset(now);
        policy.onTimer(emitter, now);
        collect();
    }

    private void collect() {
        emitted.clear();
        for (int at = 0; at < burst.count; at++) {
            if (burst.packets[at].verdict == Packet.FORWARD) {
                emitted.add(sent(burst.packets[at]));
            }
        }
    }

    int emittedDrops(DropReason reason) {
        int count = 0;
        for (int at = 0; at < burst.count; at++) {
            if (burst.packets[at].dropReason == reason) {
                count++;
            }
        }
        return count;
    }

    static Sent sent(Packet from) {
        byte[] bytes = new byte[from.length];
        Memory.copy(from.address, bytes, 0, bytes.length);
        return new Sent(bytes, from.outLink, from.outPeer);
    }

    @Override
    public void close() {
        policy.release();
        burst.release();
    }
}
