package io.jnat.cli.lab;

import com.fasterxml.jackson.jr.ob.JSON;
import io.jnat.cli.control.ControlClient;
import io.jnat.cli.control.ReloadReport;
import io.jnat.cli.control.StatusReport;
import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * {@code jnat run} in a namespace, with directories of its own, started the way a user or a unit
 * starts it.
 */
public final class JnatProcess implements TunnelEnd {

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    private final Namespace namespace;
    private final JnatCommand jnat;
    private final Path config;
    private final Path runtimeDirectory;
    private final Path stateDirectory;
    private final Path log;
    private @Nullable Process process;

    /**
     * Prepares it.
     *
     * @param namespace where it will run
     * @param jnat how a jnat is started
     * @param config its configuration; the file's name, without {@code .toml}, names its
     *     directories
     */
    public JnatProcess(Namespace namespace, JnatCommand jnat, Path config) {
        this.namespace = namespace;
        this.jnat = jnat;
        this.config = config;
        String role = config.getFileName().toString().replace(".toml", "");
        this.runtimeDirectory = config.resolveSibling(role + "-run");
        this.stateDirectory = config.resolveSibling(role + "-state");
        this.log = config.resolveSibling(role + ".log");
    }

    @Override
    public void start() throws IOException {
        if (alive()) {
            throw new IllegalStateException("runs already: " + config);
        }
        process =
                builder("run", "--config", config.toString())
                        .redirectInput(new File("/dev/null"))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .start();
    }

    @Override
    public void stop() throws IOException {
        Process running = process;
        if (running == null) {
            return;
        }
        running.destroy();
        if (!ended(running)) {
            running.destroyForcibly();
            throw new IOException(
                    "jnat run did not end within "
                            + STOP_LIMIT.toSeconds()
                            + " s of SIGTERM: "
                            + config);
        }
    }

    @Override
    public void kill() throws IOException {
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
            if (!ended(running)) {
                throw new IOException("not even SIGKILL ended process " + running.pid());
            }
        }
    }

    private static boolean ended(Process running) throws IOException {
        try {
            return running.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(
                    "interrupted while waiting for process " + running.pid());
        }
    }

    @Override
    public boolean alive() {
        return process != null && process.isAlive();
    }

    @Override
    public boolean killed() {
        return process != null && !process.isAlive() && process.exitValue() == KILLED;
    }

    /** The namespace's command has become it. */
    @Override
    public long pid() {
        if (process == null) {
            throw new IllegalStateException("not started: " + config);
        }
        return process.pid();
    }

    @Override
    public String log() throws IOException {
        return Files.exists(log) ? Files.readString(log) : "";
    }

    /** Whether it has chosen and compiled its cipher, as it does once, beside the first packets. */
    public boolean isSettled() throws IOException {
        return log().contains(" cipher: ");
    }

    /** What {@code jnat status} would say, without a process for it. */
    public StatusReport status() throws IOException {
        Object answer = ask(Map.of("op", "status"));
        return JSON.std.beanFrom(StatusReport.class, JSON.std.asString(answer));
    }

    /**
     * Has it read its configuration again, without a process for it.
     *
     * @throws IOException saying why nothing was changed
     */
    public void reload() throws IOException {
        Object answer = ask(Map.of("op", "reload"));
        ReloadReport report = JSON.std.beanFrom(ReloadReport.class, JSON.std.asString(answer));
        if (!report.errors().isEmpty()) {
            throw new IOException("not reloaded: " + report.errors());
        }
    }

    /** Ends the flows that match, as {@code jnat flows --kill} does, without a process for it. */
    public void endFlows(String... filter) throws IOException {
        Object from = 1;
        do {
            Object answer =
                    ask(
                            Map.of(
                                    "op",
                                    "flows",
                                    "filter",
                                    List.of(filter),
                                    "kill",
                                    true,
                                    "from",
                                    from));
            from = answer instanceof Map<?, ?> page ? page.get("next") : null;
        } while (from instanceof Integer next && next != 0);
    }

    /** Packets pass a moment before the control socket answers. */
    private Object ask(Map<String, Object> request) throws IOException {
        long startNanos = System.nanoTime();
        while (true) {
            try {
                return ControlClient.askOnlyOneIn(runtimeDirectory, request);
            } catch (ControlClient.NotReachable notYet) {
                if (!alive() || System.nanoTime() - startNanos > ANSWER_LIMIT.toNanos()) {
                    throw notYet;
                }
                LockSupport.parkNanos(ANSWER_LIMIT.toNanos() / 200);
            }
        }
    }

    /** Runs another jnat command beside it, with its directories and in its namespace. */
    public Shell.Result command(String... arguments) throws IOException {
        return Shell.attempt(builder(arguments), "");
    }

    private ProcessBuilder builder(String... arguments) {
        List<String> words = new ArrayList<>(jnat.words());
        words.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(namespace.inside(words.toArray(String[]::new)));
        builder.environment().put("JNAT_RUNTIME_DIR", runtimeDirectory.toString());
        builder.environment().put("JNAT_STATE_DIR", stateDirectory.toString());
        builder.environment().put("JNAT_BUILD", "never");
        // A descriptor of this process, where its launcher left the terminal.
        builder.environment().remove("JNAT_STDERR");
        return builder;
    }
}
