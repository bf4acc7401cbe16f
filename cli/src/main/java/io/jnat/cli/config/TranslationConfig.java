package io.jnat.cli.config;

import io.jnat.nat.rule.Behaviour;
import io.jnat.nat.rule.Behaviour.Dependence;

/**
 * How what devices send is translated.
 *
 * @param mapping what of the remote endpoint the external one depends on
 * @param filtering who may come in by it, besides answers
 * @param staticPort whether a port that can't be kept is refused
 * @param lifetime of the flows
 */
public record TranslationConfig(
        Dependence mapping, Dependence filtering, boolean staticPort, LifetimeConfig lifetime) {
    /** What holds when the configuration says nothing. */
    public static final TranslationConfig DEFAULT =
            new TranslationConfig(
                    Behaviour.DEFAULT.mapping(),
                    Behaviour.DEFAULT.filtering(),
                    Behaviour.DEFAULT.staticPort(),
                    LifetimeConfig.OUTBOUND);
}
