package io.jnat.cli.engine;

import io.jnat.tun.linux.Linux;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/**
 * Keeps this process going, and quick, on a machine whose memory other programs use up
 * (docs/decisions/026-kept-in-memory.md).
 */
final class MemoryPressure {
    /**
     * What compiling took of the C library's memory is given back every five seconds ({@code
     * TrimNativeHeapInterval}); what is still there when memory is locked stays for good.
     */
    private static final Duration UNTIL_GIVEN_BACK = Duration.ofSeconds(15);

    /** proc(5): from -1000, never ended, to 1000. */
    private static final Path OOM_SCORE_ADJUSTMENT = Path.of("/proc/self/oom_score_adj");

    private static final String UNCHANGED = "0";

    /** Counts half of the machine's memory less than it uses. */
    private static final String LATE = "-500";

    private MemoryPressure() {}

    /**
     * Has the kernel end other programs first when memory runs out, as far as the process may, and
     * unless whoever started it has chosen.
     */
    static void letOthersBeEndedFirst() {
        try {
            if (Files.readString(OOM_SCORE_ADJUSTMENT).strip().equals(UNCHANGED)) {
                Files.writeString(OOM_SCORE_ADJUSTMENT, LATE, StandardOpenOption.WRITE);
            }
        } catch (IOException notAllowed) {
            // then it is as any other
        }
    }

    /**
     * Locks memory once what compiling took is given back, on a thread of its own; call it when all
     * is compiled.
     *
     * @param log told where that can't be had
     */
    static void keepInMemory(EngineAssembly assembly, Log log) {
        Thread.ofPlatform().daemon().name("keep-in-memory").start(() -> lock(assembly, log));
    }

    private static void lock(EngineAssembly assembly, Log log) {
        try {
            Thread.sleep(UNTIL_GIVEN_BACK);
            if (!assembly.isClosed()) {
                Linux.keepInMemory();
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        } catch (IOException refused) {
            log.warning(
                    "where other programs use much memory, packets may have to wait for the disk: "
                            + refused.getMessage());
        }
    }
}
