package io.jnat.cli;

import io.jnat.tun.linux.Linux;

/**
 * Moves the process's standard error back to where its user wants it.
 *
 * <p>For the commands that need the Vector API, the launcher hands the real standard error over on
 * another descriptor and puts a filter on descriptor 2, which takes out the JVM's line about
 * incubator modules. That line has been printed before {@code main} runs, so descriptor 2 can be
 * what it should be from here on; the filter then reads the end of its input and ends.
 */
public final class StandardError {

    private static final int STDOUT = 1;
    private static final int STDERR = 2;

    private StandardError() {}

    /**
     * Duplicates {@code descriptor} to descriptor 2 and closes it; without effect if that fails, as
     * the filter still passes everything on.
     */
    static void moveFrom(int descriptor) {
        System.err.flush();
        move(descriptor, false);
    }

    /**
     * Lets go of the standard output and error that the process was started with: from now on both
     * are {@code descriptor}. For a process that stays in the background.
     */
    public static void detachTo(int descriptor) {
        System.out.flush();
        System.err.flush();
        move(descriptor, true);
    }

    private static void move(int descriptor, boolean both) {
        if (both) {
            Linux.duplicate(descriptor, STDOUT);
        }
        if (Linux.duplicate(descriptor, STDERR)) {
            Linux.close(descriptor);
        }
    }
}
