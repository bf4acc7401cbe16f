package io.jnat.core.engine;

/** Takes commands from any thread. */
@FunctionalInterface
public interface CommandQueue {
    /** Queues a command and wakes the engine; returns at once. */
    void submit(EngineCommand command);
}
