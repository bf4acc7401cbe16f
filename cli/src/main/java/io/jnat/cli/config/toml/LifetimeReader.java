package io.jnat.cli.config.toml;

import io.jnat.cli.config.BadValue;
import io.jnat.cli.config.IdleLimit;
import io.jnat.cli.config.LifetimeConfig;
import io.jnat.cli.config.Place;
import io.jnat.cli.config.TimeoutConfig;
import io.jnat.cli.config.TranslationConfig;
import io.jnat.cli.config.Values;
import io.jnat.nat.rule.Behaviour.Dependence;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/** Reads what rules of several kinds have in common: how they translate, and for how long. */
final class LifetimeReader {
    /** The engine counts a flow's time in an int of milliseconds. */
    private static final Duration LONGEST = Duration.ofDays(24);

    private static final Duration SHORTEST = Duration.ofSeconds(1);

    private record Rule(Place place, TimeoutConfig timeouts) {}

    private final Map<String, Rule> byName = new HashMap<>();

    /** Limits as they stand in a table of their own. */
    static TimeoutConfig timeouts(Section section) {
        boolean unsafe = section.flag("unsafe", false);
        Map<IdleLimit, Duration> own = new EnumMap<>(IdleLimit.class);
        for (IdleLimit limit : IdleLimit.values()) {
            section.optional(limit.key(), text -> timeout(limit, text, unsafe))
                    .ifPresent(duration -> own.put(limit, duration));
        }
        own.forEach((limit, duration) -> {
            if (duration.compareTo(limit.floor()) < 0) {
                section.warning(
                        limit.key(),
                        '"'
                                + Values.text(duration)
                                + "\": less than "
                                + limit.floorText()
                                + ", which unsafe allows: who is silent for longer loses his flow");
            }
        });
        section.refuseUnknown();
        return new TimeoutConfig(own, unsafe);
    }

    private static Duration timeout(IdleLimit limit, String text, boolean unsafe) throws BadValue {
        Duration duration = Values.duration(text);
        if (!unsafe && duration.compareTo(limit.floor()) < 0) {
            throw new BadValue("at least " + limit.floorText() + "; or unsafe = true beside it");
        }
        if (duration.compareTo(SHORTEST) < 0) {
            throw new BadValue("at least " + Values.text(SHORTEST));
        }
        if (duration.compareTo(LONGEST) > 0) {
            throw new BadValue("at most " + LONGEST.toDays() + "d");
        }
        return duration;
    }

    /** What a rule says about its flows; {@code otherwise} where it says nothing. */
    static LifetimeConfig lifetime(Section section, LifetimeConfig otherwise) {
        return new LifetimeConfig(
                section.flag("inbound-refresh", otherwise.inboundRefresh()),
                timeouts(section.table("timeout")));
    }

    /** What a rule says about sources. */
    static TranslationConfig translation(Section section) {
        TranslationConfig base = TranslationConfig.DEFAULT;
        TranslationConfig read =
                new TranslationConfig(
                        section.optional("mapping", dependence(), base.mapping()),
                        section.optional("filtering", dependence(), base.filtering()),
                        section.flag("static-port", base.staticPort()),
                        lifetime(section, base.lifetime()));
        if (read.staticPort() && read.mapping() != Dependence.NOTHING) {
            section.error(
                    "static-port",
                    "true: with mapping \""
                            + read.mapping().text()
                            + "\" a source needs more external ports than its own (expected mapping"
                            + " = \""
                            + Dependence.NOTHING.text()
                            + "\", or no static-port)");
        }
        return read;
    }

    static Section.Parser<Dependence> dependence() {
        return CommonReader.choice(Dependence.class, Dependence::text);
    }

    /** Rules of one name are one rule to the engine, which keeps one set of limits for it. */
    void requireSameLimits(Section section, String name, TimeoutConfig timeouts) {
        Rule first = byName.putIfAbsent(name, new Rule(section.place(), timeouts));
        if (first != null && !first.timeouts().equals(timeouts)) {
            section.error(
                    "timeout",
                    '"'
                            + name
                            + "\" at "
                            + first.place()
                            + " has the same name and other limits (expected a name of its own)");
        }
    }
}
