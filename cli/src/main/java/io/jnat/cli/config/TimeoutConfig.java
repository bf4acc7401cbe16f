package io.jnat.cli.config;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/**
 * How long idle flows live: of all rules, or, over those, of one.
 *
 * @param own what is set here
 * @param unsafe whether limits below their floors are meant
 */
public record TimeoutConfig(Map<IdleLimit, Duration> own, boolean unsafe) {
    /** What holds when the configuration says nothing. */
    public static final TimeoutConfig DEFAULT = new TimeoutConfig(Map.of(), false);

    /** Copies the map. */
    public TimeoutConfig {
        own = Map.copyOf(own);
    }

    /** One of the limits. */
    public Duration of(IdleLimit limit) {
        return own.getOrDefault(limit, limit.standard());
    }

    /** These limits, and those of {@code general} where nothing is set here. */
    public TimeoutConfig over(TimeoutConfig general) {
        Map<IdleLimit, Duration> all = new EnumMap<>(IdleLimit.class);
        all.putAll(general.own());
        all.putAll(own);
        return new TimeoutConfig(all, unsafe);
    }
}
