package io.jnat.cli.steering;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Starts each command as a process of its own; a {@link #session} starts one shell for many.
 *
 * @param before words before each command
 */
record ProgramRunner(List<String> before) implements CommandRunner {
    private static final int LIMIT_SECONDS = 20;

    @Override
    public Result run(Command command) throws IOException {
        Process process = start(command.arguments());
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(command.input().getBytes(StandardCharsets.UTF_8));
        } catch (IOException endedBeforeItReadAll) {
            // Its exit code tells more than the broken pipe does.
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw tooSlow(command);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SteeringException("interrupted during " + command, e);
        }
        return new Result(process.exitValue(), output.strip());
    }

    @Override
    public Session session() {
        return new ShellSession(this, TimeUnit.SECONDS.toMillis(LIMIT_SECONDS));
    }

    /** Starts a program; what it says comes from one stream. */
    Process start(List<String> program) throws IOException {
        List<String> words = new ArrayList<>(before);
        words.addAll(program);
        ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        builder.environment().merge("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", (a, b) -> a + ":" + b);
        try {
            return builder.start();
        } catch (IOException e) {
            throw notThere(words.getFirst(), e);
        }
    }

    static SteeringException notThere(String program, Exception why) {
        // The JDK's further lines advise to install it anew.
        String reason = String.valueOf(why.getMessage()).lines().findFirst().orElse("").strip();
        String advice = "install it: apt-get install iproute2 nftables";
        if (reason.contains("Too many open files")) {
            advice = "allow this process more (ulimit -n, LimitNOFILE= in a unit)";
        } else if (reason.contains("Resource temporarily unavailable")) {
            advice = "allow more processes here (ulimit -u, TasksMax= in a unit)";
        } else if (reason.contains("Cannot allocate memory")) {
            advice = "memory is short here";
        }
        return new SteeringException(
                program + " could not be started: " + reason + "; " + advice, why);
    }

    static SteeringException tooSlow(Command command) {
        return new SteeringException(command + " did not end within " + LIMIT_SECONDS + " s");
    }
}
