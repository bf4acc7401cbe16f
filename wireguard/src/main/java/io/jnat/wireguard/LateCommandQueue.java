package io.jnat.wireguard;

import io.jnat.core.engine.CommandQueue;
import io.jnat.core.engine.EngineCommand;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The engine's queue, also before there is an engine: what comes until then waits for it. */
final class LateCommandQueue implements CommandQueue {
    private volatile @Nullable CommandQueue engine;

    /** What came before; guarded by itself. */
    private final List<EngineCommand> early = new ArrayList<>();

    /** There is an engine now. */
    void connect(CommandQueue commands) {
        synchronized (early) {
            early.forEach(commands::submit);
            early.clear();
            engine = commands; // last: what comes now is behind what waited
        }
    }

    @Override
    public void submit(EngineCommand command) {
        CommandQueue queue = engine;
        if (queue == null) {
            synchronized (early) {
                queue = engine;
                if (queue == null) {
                    early.add(command);
                    return;
                }
            }
        }
        queue.submit(command);
    }
}
