package io.jnat.core.engine;

/**
 * What other threads ask of the engine: new sessions, new rules, a look at the flow table. Runs on
 * the main engine thread, in the section, between two bursts. May allocate, must be short. Each
 * module seals its own family of them.
 */
@FunctionalInterface
public interface EngineCommand {
    /** Does it. An exception is logged and ends the command, not the engine. */
    void apply(long nowNanos);
}
