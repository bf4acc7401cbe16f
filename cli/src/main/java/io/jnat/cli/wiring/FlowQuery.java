package io.jnat.cli.wiring;

import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.Nearest;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.RouterConfig;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.FlowFilter;
import io.jnat.nat.flow.FlowState;
import io.jnat.nat.rule.AddressPrefix;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.Ipv6Prefix;
import io.jnat.wireguard.PeerStatus;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** From {@code device=flex proto=udp} to a filter: names are looked up in the configuration. */
final class FlowQuery {
    private static final Map<String, Integer> PROTOCOLS =
            new TreeMap<>(
                    Map.of(
                            "tcp", Protocol.TCP,
                            "udp", Protocol.UDP,
                            "icmp", Protocol.ICMP,
                            "icmpv6", Protocol.ICMPV6,
                            "gre", Protocol.GRE,
                            "esp", Protocol.ESP,
                            "sctp", Protocol.SCTP,
                            "udplite", Protocol.UDP_LITE));

    private final JnatConfig config;
    private final List<PeerStatus> peers;
    private final Supplier<List<String>> rules;

    /**
     * A query to a running process.
     *
     * @param rules the names that flows may have for theirs; asked for when one is looked for
     */
    FlowQuery(JnatConfig config, List<PeerStatus> peers, Supplier<List<String>> rules) {
        this.config = config;
        this.peers = peers;
        this.rules = rules;
    }

    /**
     * Reads a filter.
     *
     * @param words each {@code key=value}; the keys are checked by who sends them
     * @throws IllegalArgumentException saying what was expected, and the nearest name
     */
    FlowFilter parse(Collection<?> words) {
        FlowFilter filter = FlowFilter.ALL;
        for (Object each : words) {
            String word = String.valueOf(each);
            int equals = word.indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException(word + " (expected: key=value)");
            }
            filter = narrowed(filter, word.substring(0, equals), word.substring(equals + 1));
        }
        return filter;
    }

    private FlowFilter narrowed(FlowFilter filter, String key, String value) {
        return switch (key) {
            case "device" -> device(filter, value);
            case "proto" -> filter.withProtocol(protocol(value));
            case "port" -> filter.withPort(number(key, value, 65_535));
            case "rule" -> filter.withRule(rule(value));
            case "state" -> filter.withState(state(value));
            case "site" -> filter.withPeer(site(value));
            case "src" -> filter.withSource(network(value));
            case "dst" -> filter.withDestination(network(value));
            case "addr" -> filter.withAddress(network(value));
            default -> throw new IllegalArgumentException(key + ": unknown filter");
        };
    }

    private FlowFilter device(FlowFilter filter, String value) {
        List<String> names = new ArrayList<>();
        for (DeviceConfig device : devices()) {
            names.add(device.name());
            if (device.name().equals(value)) {
                FlowFilter found = filter.withDevice(network(device.network().toString()));
                return device.site().isPresent()
                        ? found.withPeer(site(device.site().get()))
                        : found;
            }
        }
        if (value.matches("[0-9./]+") || value.indexOf(':') >= 0) {
            return filter.withDevice(network(value));
        }
        throw unknown("device", value, names);
    }

    private List<DeviceConfig> devices() {
        return switch (config) {
            case RelayConfig relay -> relay.devices();
            case RouterConfig router -> router.devices();
        };
    }

    private String rule(String value) {
        List<String> names = rules.get();
        if (names.stream().anyMatch(name -> FlowFilter.isRule(value, name))) {
            return value;
        }
        throw unknown(
                "rule",
                value,
                names.stream()
                        .map(name -> name.substring(name.indexOf(' ') + 1))
                        .distinct()
                        .toList());
    }

    private int site(String name) {
        List<String> names = new ArrayList<>();
        for (PeerStatus peer : peers) {
            names.add(peer.config().name());
            if (peer.config().name().equals(name)) {
                return peer.index();
            }
        }
        throw unknown("site", name, names);
    }

    private static int protocol(String text) {
        Integer known = PROTOCOLS.get(text);
        if (known != null) {
            return known;
        }
        if (text.matches("\\d{1,3}")) {
            return number("proto", text, 255);
        }
        throw unknown("proto", text, PROTOCOLS.keySet());
    }

    private static String state(String text) {
        List<String> names = FlowState.names();
        if (text.isEmpty() || names.stream().noneMatch(name -> name.startsWith(text))) {
            throw unknown("state", text, names);
        }
        return text;
    }

    private static int number(String key, String text, int most) {
        if (!text.matches("\\d{1,5}") || Integer.parseInt(text) > most) {
            throw new IllegalArgumentException(
                    key + "=" + text + " (expected: a number from 0 to " + most + ")");
        }
        return Integer.parseInt(text);
    }

    private static AddressPrefix network(String text) {
        return text.indexOf(':') >= 0 ? Ipv6Prefix.parse(text) : Ipv4Prefix.parse(text);
    }

    private static IllegalArgumentException unknown(
            String key, String value, Collection<String> known) {
        String nearest = Nearest.to(value, known);
        return new IllegalArgumentException(
                key
                        + "="
                        + value
                        + ": no such "
                        + key
                        + " (expected one of: "
                        + String.join(", ", known)
                        + (nearest == null ? ")" : "; did you mean \"" + nearest + "\"?)"));
    }
}
