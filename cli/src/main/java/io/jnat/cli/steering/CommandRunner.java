package io.jnat.cli.steering;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs commands; the seam between steering and the host. */
@FunctionalInterface
public interface CommandRunner {

    /**
     * What became of a command.
     *
     * @param exitCode 0 for success
     * @param output of stdout and stderr together
     */
    record Result(int exitCode, String output) {}

    /**
     * Runs a command to its end.
     *
     * @throws IOException when it cannot be started, or does not end within 20 s
     */
    Result run(Command command) throws IOException;

    /** Runs in the network namespace that this process is in. */
    static CommandRunner here() {
        return CommandRunner::start;
    }

    /** Runs in a named network namespace. */
    static CommandRunner inNamespace(String name) {
        return command -> {
            List<String> arguments = new ArrayList<>(List.of("ip", "netns", "exec", name));
            arguments.addAll(command.arguments());
            return start(new Command(arguments, command.input()));
        };
    }

    private static Result start(Command command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command.arguments()).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        builder.environment().merge("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", (a, b) -> a + ":" + b);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new SteeringException(
                    command.program()
                            + " could not be started: "
                            + e.getMessage()
                            + "; install it: apt-get install iproute2 nftables",
                    e);
        }
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(command.input().getBytes(StandardCharsets.UTF_8));
        } catch (IOException endedBeforeItReadAll) {
            // Its exit code tells more than the broken pipe does.
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new SteeringException(command + " did not end within 20 s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SteeringException("interrupted during " + command, e);
        }
        return new Result(process.exitValue(), output.strip());
    }
}
