package io.jnat.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Moves the process's standard error back to where its user wants it.
 *
 * <p>For the commands that need the Vector API, the launcher hands the real standard error over on
 * another descriptor and puts a filter on descriptor 2, which takes out the JVM's line about
 * incubator modules. That line has been printed before {@code main} runs, so descriptor 2 can be
 * what it should be from here on; the filter then reads the end of its input and ends.
 */
final class StandardError {

    private static final int STDERR = 2;

    private StandardError() {}

    /**
     * Duplicates {@code descriptor} to descriptor 2 and closes it; without effect if that fails, as
     * the filter still passes everything on.
     */
    @SuppressWarnings("restricted") // two calls that take and return plain integers
    static void moveFrom(int descriptor) {
        Linker linker = Linker.nativeLinker();
        try {
            MethodHandle dup2 =
                    linker.downcallHandle(
                            linker.defaultLookup().findOrThrow("dup2"),
                            FunctionDescriptor.of(
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_INT));
            MethodHandle close =
                    linker.downcallHandle(
                            linker.defaultLookup().findOrThrow("close"),
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
            System.err.flush();
            if ((int) dup2.invokeExact(descriptor, STDERR) == STDERR) {
                int ignored = (int) close.invokeExact(descriptor);
            }
        } catch (Throwable e) {
            // The filter stays and passes on what is printed: nothing is lost.
        }
    }
}
