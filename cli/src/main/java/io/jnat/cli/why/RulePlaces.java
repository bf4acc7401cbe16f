package io.jnat.cli.why;

import io.jnat.cli.config.AllowConfig;
import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.ForwardConfig;
import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.RouterConfig;
import io.jnat.cli.config.SiteConfig;
import java.util.HashMap;
import java.util.Map;

/** Where each rule is written, by the name that it has in NAT. */
final class RulePlaces {
    private final Map<String, String> places = new HashMap<>();

    RulePlaces(JnatConfig config) {
        switch (config) {
            case RelayConfig relay -> {
                for (ForwardConfig forward : relay.forwards()) {
                    places.put("forward " + forward.name(), forward.place().toString());
                }
                for (SiteConfig site : relay.sites()) {
                    places.put("site " + site.name(), site.place().toString());
                }
            }
            case RouterConfig router -> {
                for (AllowConfig allow : router.allows()) {
                    places.put("allow " + allow.name(), allow.place().toString());
                }
                for (DeviceConfig device : router.captured()) {
                    places.put("capture " + device.name(), device.place().toString());
                }
            }
        }
    }

    /** {@code file:line:column}; empty for what is built in. */
    String of(String rule) {
        return places.getOrDefault(rule, "");
    }
}
