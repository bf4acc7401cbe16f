package io.jnat.cli.engine;

import io.jnat.tun.Offload;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Tells the log what the kernel does not do for an engine, why, and what that costs: a kernel may
 * lack it from the start, and a network device may refuse it only when packets come.
 */
final class OffloadWatch {
    private static final long REST_MILLIS = 10_000;

    private final Log log;

    /** What each device has now, by the name that people know it by. */
    private final Supplier<Map<String, List<Offload>>> devices;

    /** Never more than there are devices, times what can be off there. */
    private final Set<String> told = new HashSet<>();

    private Set<String> before = Set.of();
    private boolean first = true;

    OffloadWatch(Supplier<Map<String, List<Offload>>> devices, Log log) {
        this.devices = devices;
        this.log = log;
    }

    /** Watches, on a thread of its own, until the engine is closed. */
    static void start(EngineAssembly assembly, Log log) {
        OffloadWatch watch = new OffloadWatch(assembly::offloads, log);
        Thread.ofPlatform()
                .daemon()
                .name("offloads")
                .start(() -> {
                    try {
                        while (!assembly.isClosed()) {
                            watch.look();
                            Thread.sleep(REST_MILLIS);
                        }
                    } catch (InterruptedException stopping) {
                        Thread.currentThread().interrupt();
                    }
                });
    }

    /** What is off at the first look, or at two in a row, is told, once. */
    void look() {
        Set<String> now = new HashSet<>();
        devices.get().forEach((device, offloads) -> look(device, offloads, now));
        before = now;
        first = false;
    }

    private void look(String device, List<Offload> offloads, Set<String> now) {
        Map<String, String> off = new LinkedHashMap<>();
        for (Offload offload : offloads) {
            if (!offload.on()) {
                off.merge(offload.whyOff(), offload.name(), (one, other) -> one + ", " + other);
            }
        }
        off.forEach((why, names) -> {
            String line = device + ": without " + names + ": " + why;
            now.add(line);
            if ((first || before.contains(line)) && told.add(line)) {
                log.info(line);
            }
        });
    }
}
