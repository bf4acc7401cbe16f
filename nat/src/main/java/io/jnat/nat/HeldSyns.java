package io.jnat.nat;

import io.jnat.core.engine.Emitter;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.core.wire.Icmp;
import io.jnat.core.wire.Ipv4;
import io.jnat.nat.flow.FlowTable;
import io.jnat.nat.rule.RuleSet;

/**
 * SYNs that came in for a mapping whose device has not spoken to the sender, perhaps not yet: both
 * ends may be about to open at once. Each is forgotten if a flow comes about within six seconds,
 * else answered with a port unreachable (RFC 5382 REQ-4). Only the newest {@link #PLACES} are held,
 * so a flood of them costs nothing.
 *
 * <p>Owner: engine thread. Allocates nothing after construction.
 */
final class HeldSyns implements AutoCloseable {
    private static final int PLACES = 64;

    /** IPv4 header with options, and a TCP header, which the error quotes. */
    private static final int QUOTED_BYTES = Ipv4.MAX_HEADER_BYTES + 20;

    private static final long HOLD_NANOS = 6_000_000_000L;

    private final FlowTable table;
    private final ErrorSender errors;
    private final Slab memory = Slab.allocate(PLACES * QUOTED_BYTES);
    private final int[] bytes = new int[PLACES];
    private final int[] link = new int[PLACES];
    private final long[] deadlineNanos = new long[PLACES];
    private final Packet packet = new Packet();
    private int first;
    private int count;

    HeldSyns(FlowTable table, ErrorSender errors) {
        this.table = table;
        this.errors = errors;
    }

    /** Keeps the start of a SYN, in place of the oldest one if need be. */
    void hold(Packet syn, long nowNanos) {
        if (count == PLACES) {
            first = (first + 1) % PLACES;
            count--;
        }
        int place = (first + count) % PLACES;
        count++;
        bytes[place] = Math.min(syn.length, QUOTED_BYTES);
        link[place] = syn.inLink;
        deadlineNanos[place] = nowNanos + HOLD_NANOS;
        Memory.copy(syn.address, at(place), bytes[place]);
    }

    /** Answers those whose time has come. */
    void answer(RuleSet rules, Emitter emitter, long nowNanos) {
        while (count > 0 && deadlineNanos[first] - nowNanos <= 0) {
            int place = first;
            first = (first + 1) % PLACES;
            count--;
            packet.reset(at(place), bytes[place]);
            packet.inLink = link[place];
            long ip = packet.address;
            // Without options the quote is the whole SYN; with them it is cut, which is as good.
            packet.ipVersion = 4;
            packet.protocol = Ipv4.protocol(ip);
            packet.transportOffset = Ipv4.headerLength(ip);
            int ports = Memory.getInt(ip + packet.transportOffset);
            boolean opened =
                    table.find(
                                    Domain.WAN,
                                    packet.protocol,
                                    Ipv4.source(ip),
                                    Ipv4.destination(ip),
                                    ports >>> 16,
                                    ports & 0xffff)
                            != 0;
            if (!opened && rules.links().has(packet.inLink)) {
                errors.send(rules, packet, Icmp.PORT_UNREACHABLE, emitter, nowNanos);
            }
        }
    }

    /** Whether {@link #answer} will have something to do. */
    boolean isWaiting() {
        return count > 0;
    }

    /** When; valid while {@link #isWaiting}. */
    long nextNanos() {
        return deadlineNanos[first];
    }

    private long at(int place) {
        return memory.address() + (long) place * QUOTED_BYTES;
    }

    @Override
    public void close() {
        memory.close();
    }
}
