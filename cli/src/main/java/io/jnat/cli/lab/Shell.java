package io.jnat.cli.lab;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs one command of the system and waits for it. */
public final class Shell {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private Shell() {}

    /** What a command left behind; stdout and stderr in one text. */
    public record Result(int exitCode, String output) {}

    /**
     * Runs the command and gives back what it printed.
     *
     * @throws IOException if it cannot be started, fails, or takes longer than 30 s
     */
    public static String run(List<String> command, String input) throws IOException {
        Result result = attempt(command, input);
        if (result.exitCode() != 0) {
            throw new IOException(
                    String.join(" ", command)
                            + ": exit "
                            + result.exitCode()
                            + ": "
                            + result.output().strip());
        }
        return result.output();
    }

    /** Runs the command without input. */
    public static String run(String... command) throws IOException {
        return run(List.of(command), "");
    }

    /** Runs the command, whatever its exit code. */
    public static Result attempt(List<String> command, String input) throws IOException {
        return attempt(new ProcessBuilder(command), input);
    }

    static Result attempt(ProcessBuilder builder, String input) throws IOException {
        List<String> command = builder.command();
        Process process = builder.redirectErrorStream(true).start();
        try {
            // Read beside the wait: a child that fills the pipe would never end.
            CompletableFuture<String> output =
                    CompletableFuture.supplyAsync(() -> {
                        try {
                            return new String(
                                    process.getInputStream().readAllBytes(),
                                    StandardCharsets.UTF_8);
                        } catch (IOException e) {
                            return "(unread: " + e.getMessage() + ")";
                        }
                    });
            try (var stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            }
            if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException(
                        String.join(" ", command)
                                + ": not finished after "
                                + LIMIT.toSeconds()
                                + " s");
            }
            return new Result(process.exitValue(), output.join());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(String.join(" ", command));
        } finally {
            // Its children too: one that lives would keep the output open.
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
