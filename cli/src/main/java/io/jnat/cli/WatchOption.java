package io.jnat.cli;

import java.io.Console;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Asks again every second, until somebody presses Ctrl-C. */
final class WatchOption {
    private static final String HOME_AND_CLEAR = "\u001b[H\u001b[2J";
    private static final long INTERVAL_MILLIS = 1000;

    @Option(names = "--watch", description = "Look again every second, until Ctrl-C.")
    private boolean on;

    boolean isOn() {
        return on;
    }

    /** Asks once, or until it fails, is interrupted, or nobody reads any more. */
    int repeat(InstanceOption instance, Map<String, Object> request, InstanceOption.Answer answer) {
        int exit = ask(instance, request, answer);
        try {
            while (on
                    && (exit == ExitCode.OK || exit == ExitCode.DEGRADED)
                    && !System.out.checkError()) {
                Thread.sleep(INTERVAL_MILLIS);
                exit = ask(instance, request, answer);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        return exit;
    }

    private static boolean isTerminal() {
        return !"dumb".equals(System.getenv("TERM"))
                && Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    }

    private int ask(
            InstanceOption instance, Map<String, Object> request, InstanceOption.Answer answer) {
        return instance.ask(
                request,
                (data, out) -> {
                    if (on && isTerminal()) {
                        out.print(HOME_AND_CLEAR);
                    }
                    int exit = answer.use(data, out);
                    out.flush();
                    return exit;
                });
    }
}
