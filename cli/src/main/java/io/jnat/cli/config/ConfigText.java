package io.jnat.cli.config;

import io.jnat.nat.rule.Behaviour.Dependence;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Writes a configuration as TOML that reads back as the same configuration. Names key files, never
 * what is in them.
 */
public final class ConfigText {
    private final boolean effective;
    private final List<String> lines = new ArrayList<>();

    private ConfigText(boolean effective) {
        this.effective = effective;
    }

    /**
     * The whole text.
     *
     * @param effective also what has its default
     */
    public static String of(JnatConfig config, boolean effective) {
        ConfigText text = new ConfigText(effective);
        switch (config) {
            case RelayConfig relay -> text.relay(relay);
            case RouterConfig router -> text.router(router);
        }
        return String.join("\n", text.lines) + "\n";
    }

    private void relay(RelayConfig config) {
        put("role", quote("relay"));
        put("public", quote(config.wan()));
        if (!config.pool().isEmpty()) {
            put("pool", list(config.pool().stream().map(InetAddress::getHostAddress).toList()));
        }
        common(config.instance(), TunnelConfig.RELAY_LISTEN);
        for (SiteConfig site : config.sites()) {
            head("[[site]]");
            put("name", quote(site.name()));
            put("public-key", quote(site.publicKey().toString()));
            file("preshared-key-file", site.presharedKeyFile());
            put("address", quote(Values.text(site.address())));
            unless(site.networks().isEmpty(), "networks", list(site.networks()));
            translation(site.translation());
        }
        devices(config.devices());
        for (ForwardConfig forward : config.forwards()) {
            head("[[forward]]");
            put("name", quote(forward.name()));
            put("listen", list(forward.listen()));
            forward.address().ifPresent(own -> put("address", quote(Values.text(own))));
            put("to", quote(forward.to().name()));
            forward.toPort().ifPresent(port -> put("to-port", "" + port));
            sources("from", forward.from());
            boolean open = forward.filtering() == Dependence.NOTHING;
            unless(open, "filtering", quote(forward.filtering().text()));
            unless(!forward.masquerade(), "masquerade", "" + forward.masquerade());
            lifetime(forward.lifetime(), LifetimeConfig.INBOUND);
        }
    }

    private void router(RouterConfig config) {
        put("role", quote("router"));
        put("lan", list(config.lan()));
        put("wan", quote(config.wan()));
        unless(config.others() == RouterConfig.Others.WAN, "others", quote(config.others().text()));
        common(config.instance(), 0);
        if (effective || !config.translation().equals(TranslationConfig.DEFAULT)) {
            head("[translation]");
            translation(config.translation());
        }
        head("[relay]");
        put("endpoint", quote(config.relay().endpoint().toString()));
        put("public-key", quote(config.relay().publicKey().toString()));
        file("preshared-key-file", config.relay().presharedKeyFile());
        devices(config.devices());
        if (effective
                || !config.captured().isEmpty()
                || !config.captureLifetime().equals(LifetimeConfig.OUTBOUND)) {
            head("[capture]");
            put("devices", list(config.captured().stream().map(DeviceConfig::name).toList()));
            lifetime(config.captureLifetime(), LifetimeConfig.OUTBOUND);
        }
        for (AllowConfig allow : config.allows()) {
            head("[[allow]]");
            put("name", quote(allow.name()));
            put("from", quote("tunnel"));
            put("to", list(allow.to().stream().map(DeviceConfig::name).toList()));
            if (!allow.ports().isEmpty()) {
                put("ports", list(allow.ports()));
            }
            sources("sources", allow.sources());
            lifetime(allow.lifetime(), LifetimeConfig.INBOUND);
        }
    }

    /** An empty list would be refused when it is read back. */
    private void sources(String key, List<Cidr> networks) {
        Collection<?> who = networks.isEmpty() ? List.of("0.0.0.0/0", "::/0") : networks;
        unless(networks.isEmpty(), key, list(who));
    }

    private void translation(TranslationConfig translation) {
        TranslationConfig base = TranslationConfig.DEFAULT;
        boolean maps = translation.mapping() == base.mapping();
        unless(maps, "mapping", quote(translation.mapping().text()));
        boolean filters = translation.filtering() == base.filtering();
        unless(filters, "filtering", quote(translation.filtering().text()));
        unless(!translation.staticPort(), "static-port", "" + translation.staticPort());
        lifetime(translation.lifetime(), base.lifetime());
    }

    /** A rule's own limits only: the general ones may change without the rule. */
    private void lifetime(LifetimeConfig lifetime, LifetimeConfig base) {
        boolean refresh = lifetime.inboundRefresh();
        unless(refresh == base.inboundRefresh(), "inbound-refresh", "" + refresh);
        TimeoutConfig timeouts = lifetime.timeouts();
        if (!timeouts.equals(TimeoutConfig.DEFAULT)) {
            List<String> own = new ArrayList<>();
            for (IdleLimit limit : IdleLimit.values()) {
                if (timeouts.own().containsKey(limit)) {
                    own.add(limit.key() + " = " + quote(Values.text(timeouts.of(limit))));
                }
            }
            if (timeouts.unsafe()) {
                own.add("unsafe = true");
            }
            put("timeout", "{ " + String.join(", ", own) + " }");
        }
    }

    private void common(InstanceConfig instance, int listenDefault) {
        unless(instance.name().equals(InstanceConfig.NAME), "name", quote(instance.name()));
        unless(instance.tun().equals(instance.name()), "tun", quote(instance.tun()));
        unless(instance.mtu() == InstanceConfig.MTU, "mtu", "" + instance.mtu());
        TunnelConfig tunnel = instance.tunnel();
        head("[tunnel]");
        unless(tunnel.listen() == listenDefault, "listen", "" + tunnel.listen());
        put("address", quote(tunnel.address().toString()));
        put("private-key-file", quote(tunnel.privateKeyFile().toString()));
        unless(tunnel.keepalive().isZero(), "keepalive", quote(Values.text(tunnel.keepalive())));
        unless(tunnel.answersWhy(), "why", quote(tunnel.answersWhy() ? "answer" : "ignore"));
        engine(instance.engine());
        timeouts(instance.timeouts());
    }

    private void engine(EngineConfig engine) {
        EngineConfig base = EngineConfig.DEFAULT;
        if (!effective && engine.equals(base)) {
            return;
        }
        head("[engine]");
        unless(engine.layout() == base.layout(), "layout", quote(engine.layout().text()));
        unless(engine.offload() == base.offload(), "offload", quote(engine.offload().text()));
        unless(engine.flows() == base.flows(), "flows", "" + engine.flows());
        unless(engine.ports().equals(base.ports()), "ports", quote(engine.ports().toString()));
        unless(
                engine.tcpPickUp() == base.tcpPickUp(),
                "tcp-pick-up",
                quote(engine.tcpPickUp().text()));
        engine.nice().ifPresent(nice -> put("nice", "" + nice));
        String cpus = engine.cpus().stream().map(String::valueOf).collect(Collectors.joining(", "));
        unless(engine.cpus().isEmpty(), "cpus", "[" + cpus + "]");
        unless(engine.awake() == base.awake(), "awake", "" + engine.awake());
    }

    private void timeouts(TimeoutConfig timeouts) {
        if (!effective && timeouts.equals(TimeoutConfig.DEFAULT)) {
            return;
        }
        head("[timeout]");
        for (IdleLimit limit : IdleLimit.values()) {
            boolean standard = timeouts.of(limit).equals(limit.standard());
            unless(standard, limit.key(), quote(Values.text(timeouts.of(limit))));
        }
        unless(!timeouts.unsafe(), "unsafe", "" + timeouts.unsafe());
    }

    private void devices(List<DeviceConfig> devices) {
        if (devices.isEmpty()) {
            return;
        }
        head("[device]");
        for (DeviceConfig device : devices) {
            boolean plain = device.mac().isEmpty() && !device.ipv6Direct();
            String mac = device.mac().map(found -> ", mac = " + quote(found)).orElse("");
            String ipv6 = device.ipv6Direct() ? ", ipv6 = \"direct\"" : "";
            put(
                    key(device.name()),
                    plain
                            ? quote(device.target())
                            : "{ address = " + quote(device.target()) + mac + ipv6 + " }");
        }
    }

    private void head(String head) {
        lines.add("");
        lines.add(head);
    }

    private void put(String key, String value) {
        lines.add(key + " = " + value);
    }

    /** What has its default is written only when everything is asked for. */
    private void unless(boolean isDefault, String key, String value) {
        if (effective || !isDefault) {
            put(key, value);
        }
    }

    private void file(String key, Optional<Path> file) {
        file.ifPresent(path -> put(key, quote(path.toString())));
    }

    private static String list(Collection<?> values) {
        return values.stream()
                .map(value -> quote(value.toString()))
                .collect(Collectors.joining(", ", "[", "]"));
    }

    /** A name with a dot would be two keys. */
    private static String key(String name) {
        return name.indexOf('.') < 0 ? name : quote(name);
    }

    private static String quote(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
