package io.jnat.bench.voice;

import io.jnat.tun.linux.Linux;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * What makes a thread of the load generator punctual, so that its own delay is not taken for the
 * network's: a telephone is a machine of its own, and does not wait for a router's core.
 */
final class GeneratorThread {
    private static final int PR_SET_TIMERSLACK = 29;

    /** Choice of our own: before everything of the default priority. */
    private static final int NICE = -15;

    private GeneratorThread() {}

    /** Prepares the calling thread, as far as this process may. */
    static void prepare() {
        try {
            Linux.goBeforeOthers();
        } catch (IOException notAllowed) {
            preferThisThread();
        }
        wakePunctually();
    }

    private static void preferThisThread() {
        try {
            Linux.setNiceOfThisThread(NICE);
        } catch (IOException notAllowed) {
            // Without the right to, it shares the cores as everybody does.
        }
    }

    /** Without this Linux adds up to 50 µs to every timed wait, so as to join wake-ups. */
    @SuppressWarnings("restricted") // one call that takes and returns plain integers
    private static void wakePunctually() {
        Linker linker = Linker.nativeLinker();
        try {
            MethodHandle prctl =
                    linker.downcallHandle(
                            linker.defaultLookup().findOrThrow("prctl"),
                            FunctionDescriptor.of(
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_LONG),
                            Linker.Option.firstVariadicArg(1));
            int ignored = (int) prctl.invokeExact(PR_SET_TIMERSLACK, 1L);
        } catch (Throwable e) {
            // It wakes up later; the sender's lateness, which is reported, shows it.
        }
    }
}
