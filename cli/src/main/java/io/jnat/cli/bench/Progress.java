package io.jnat.cli.bench;

import io.jnat.bench.voice.Phase;
import io.jnat.bench.voice.Timetable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What is being done now, on stderr: one line that is written over on a terminal, a line for each
 * new thing elsewhere.
 */
final class Progress {
    private static final String CLEAR = "\r\033[K";

    /** A line that is longer than the terminal is wide is cut off: CLEAR clears one line only. */
    private static final String NO_WRAP = "\033[?7l";

    private static final String WRAP = "\033[?7h";

    private final PrintWriter err;
    private final boolean terminal;
    private String last = "";
    private String prefix = "";

    Progress(PrintWriter err) {
        this(err, isTerminal());
    }

    Progress(PrintWriter err, boolean terminal) {
        this.err = err;
        this.terminal = terminal;
    }

    private static boolean isTerminal() {
        if ("dumb".equals(System.getenv("TERM"))) {
            return false;
        }
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** Which round it is. */
    void round(int number, int of) {
        prefix = of == 1 ? "" : "round " + number + " of " + of + ", ";
    }

    /** Something is being done. */
    void tell(String what) {
        show(prefix + what, "");
    }

    /** A phase has run for some time. */
    void tell(String system, Phase phase, Duration time, Timetable timetable) {
        show(
                prefix + system + ": " + phase.label(),
                " %d of %d s".formatted(time.toSeconds(), timetable.length().toSeconds() + 1));
    }

    private void show(String what, String detail) {
        if (terminal) {
            err.print(CLEAR + NO_WRAP + what + detail + WRAP);
        } else if (!what.equals(last)) {
            err.println(what);
        }
        last = what;
        err.flush();
    }

    /** Something that the user should know, and that stays. */
    void note(String text) {
        clear();
        err.println(text);
        err.flush();
    }

    /** Leaves a clean line behind. */
    void clear() {
        if (terminal && !last.isEmpty()) {
            err.print(CLEAR);
            err.flush();
        }
        last = "";
    }
}
