package io.jnat.nat;

import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowState;
import io.jnat.nat.flow.Ipv6Key;
import io.jnat.nat.rule.AddressPrefix;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.Ipv6Prefix;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which flows are asked for; every part that is given must match.
 *
 * @param protocol IP protocol number; -1: any
 * @param address of an endpoint, on any side of the translation; null: any
 * @param port of an endpoint, on any side of the translation; -1: any
 * @param rule name as it stands in {@link FlowView#rule}, or its end: {@code dmr}; null: any
 * @param state name as it stands in {@link FlowView#state}, or its start; null: any
 * @param device address of the inside endpoint; null: any
 * @param peer tunnel peer on either side; -1: any
 * @param source of the packet that opened it; null: any
 * @param destination of the packet that opened it, before or behind the translation; null: any
 */
public record FlowFilter(
        int protocol,
        @Nullable AddressPrefix address,
        int port,
        @Nullable String rule,
        @Nullable String state,
        @Nullable AddressPrefix device,
        int peer,
        @Nullable AddressPrefix source,
        @Nullable AddressPrefix destination) {
    /** Every flow. */
    public static final FlowFilter ALL =
            new FlowFilter(-1, null, -1, null, null, null, -1, null, null);

    boolean matches(NatState nat, long record) {
        return (protocol < 0 || protocol == Flow.protocol(record))
                && (address == null || hasAddress(address, record))
                && (port < 0 || hasPort(record))
                && (rule == null || isRule(rule, nat.counters().name(Flow.rule(record))))
                && (state == null || FlowState.name(Flow.state(record)).startsWith(state))
                && (device == null || isOfDevice(record))
                && (peer < 0 || isOfPeer(record))
                && (source == null || hasSource(source, record, 0))
                && (destination == null
                        || hasSource(destination, record, 1)
                        || isBeforeTranslation(destination, record));
    }

    /**
     * Whether somebody who asks for {@code wanted} means the rule of that name: all of it, or what
     * follows its kind.
     */
    public static boolean isRule(String wanted, String name) {
        return name.equals(wanted) || name.endsWith(" " + wanted);
    }

    /** A flow from one device to another, at the public address, is of both. */
    private boolean isOfDevice(long record) {
        AddressPrefix wanted = Objects.requireNonNull(device);
        int flags = Flow.flags(record);
        int inside = (flags & Flow.INBOUND) != 0 ? 1 : 0;
        boolean hairpin =
                (flags & (Flow.INBOUND | Flow.CAPTURED)) == 0
                        && Flow.domain(record, 1) != Domain.WAN;
        return hasSource(wanted, record, inside) || (hairpin && hasSource(wanted, record, 1));
    }

    private static boolean hasSource(AddressPrefix wanted, long record, int direction) {
        return switch (wanted) {
            case Ipv4Prefix four ->
                    !Flow.isIpv6(record) && four.contains(Flow.source(record, direction));
            case Ipv6Prefix six ->
                    Flow.isIpv6(record)
                            && six.contains(
                                    Ipv6Key.sourceHigh(record, direction),
                                    Ipv6Key.sourceLow(record, direction));
        };
    }

    /** IPv6 is not translated. */
    private static boolean isBeforeTranslation(AddressPrefix wanted, long record) {
        return wanted instanceof Ipv4Prefix four
                && !Flow.isIpv6(record)
                && four.contains(Flow.destination(record, 0));
    }

    private boolean isOfPeer(long record) {
        return Domain.peer(Flow.domain(record, 0)) == peer
                || Domain.peer(Flow.domain(record, 1)) == peer;
    }

    private static boolean hasAddress(AddressPrefix wanted, long record) {
        return switch (wanted) {
            case Ipv4Prefix four -> !Flow.isIpv6(record) && hasIpv4(four, record);
            case Ipv6Prefix six -> hasSource(six, record, 0) || hasSource(six, record, 1);
        };
    }

    private static boolean hasIpv4(Ipv4Prefix wanted, long record) {
        return wanted.contains(Flow.source(record, 0))
                || wanted.contains(Flow.destination(record, 0))
                || wanted.contains(Flow.source(record, 1))
                || wanted.contains(Flow.destination(record, 1));
    }

    private boolean hasPort(long record) {
        if (Flow.isIpv6(record)) {
            return Ipv6Key.sourcePort(record, 0) == port || Ipv6Key.sourcePort(record, 1) == port;
        }
        return Flow.sourcePort(record, 0) == port
                || Flow.destinationPort(record, 0) == port
                || Flow.sourcePort(record, 1) == port
                || Flow.destinationPort(record, 1) == port;
    }

    /** The same, with an IP protocol. */
    public FlowFilter withProtocol(int number) {
        return new FlowFilter(
                number, address, port, rule, state, device, peer, source, destination);
    }

    /** The same, with an address on any side. */
    public FlowFilter withAddress(AddressPrefix any) {
        return new FlowFilter(protocol, any, port, rule, state, device, peer, source, destination);
    }

    /** The same, with a port on any side. */
    public FlowFilter withPort(int number) {
        return new FlowFilter(
                protocol, address, number, rule, state, device, peer, source, destination);
    }

    /** The same, with a rule. */
    public FlowFilter withRule(String name) {
        return new FlowFilter(
                protocol, address, port, name, state, device, peer, source, destination);
    }

    /** The same, with a state. */
    public FlowFilter withState(String name) {
        return new FlowFilter(
                protocol, address, port, rule, name, device, peer, source, destination);
    }

    /** The same, with an inside endpoint. */
    public FlowFilter withDevice(AddressPrefix inside) {
        return new FlowFilter(
                protocol, address, port, rule, state, inside, peer, source, destination);
    }

    /** The same, with a tunnel peer. */
    public FlowFilter withPeer(int index) {
        return new FlowFilter(
                protocol, address, port, rule, state, device, index, source, destination);
    }

    /** The same, with who opened it. */
    public FlowFilter withSource(AddressPrefix opener) {
        return new FlowFilter(
                protocol, address, port, rule, state, device, peer, opener, destination);
    }

    /** The same, with whom it was opened to. */
    public FlowFilter withDestination(AddressPrefix opened) {
        return new FlowFilter(protocol, address, port, rule, state, device, peer, source, opened);
    }
}
