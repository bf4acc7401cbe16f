package io.jnat.cli.steering;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One {@code sh} that is told one command after the other. A process started by a JVM takes some 12
 * ms, one started by a shell 3, and steering has dozens of them before the first packet passes.
 *
 * <p>Owner: one thread.
 */
final class ShellSession implements CommandRunner.Session {
    private static final int NOT_FOUND = 127;

    private final ProgramRunner programs;
    private final long limitMillis;

    /** No output of a command has it. */
    private final String mark = "@@" + UUID.randomUUID();

    private @Nullable Process shell;

    /** The shell is started with the first command, and with the first one after a close. */
    ShellSession(ProgramRunner programs, long limitMillis) {
        this.programs = programs;
        this.limitMillis = limitMillis;
    }

    @Override
    public CommandRunner.Result run(Command command) throws IOException {
        Process running = shell == null ? start() : shell;
        shell = running;
        AtomicBoolean tooSlow = new AtomicBoolean();
        CompletableFuture<Void> limit =
                CompletableFuture.runAsync(
                        () -> {
                            tooSlow.set(true); // before the end is seen below
                            end(running);
                        },
                        CompletableFuture.delayedExecutor(limitMillis, TimeUnit.MILLISECONDS));
        try {
            BufferedWriter told = told(running);
            told.write(script(command));
            told.flush();
            return result(command, said(running));
        } catch (IOException ended) {
            close(); // the next command gets a new one
            throw tooSlow.get() ? ProgramRunner.tooSlow(command) : ended;
        } finally {
            limit.cancel(true);
        }
    }

    /**
     * Ctrl-C and a service manager's stop reach this process and its children alike. It is this one
     * that decides what is done then, such as taking everything back with those children.
     */
    private Process start() throws IOException {
        return programs.start(List.of("sh", "-c", "trap '' HUP INT TERM; exec sh"));
    }

    /** The same one each time. */
    private static BufferedWriter told(Process running) {
        return running.outputWriter(StandardCharsets.UTF_8);
    }

    /** The same one each time. */
    private static BufferedReader said(Process running) {
        return running.inputReader(StandardCharsets.UTF_8);
    }

    private String script(Command command) {
        String words = command.toString();
        String input = command.input();
        String from =
                input.isEmpty()
                        ? "</dev/null"
                        : "<<'" + mark + "'\n" + input + (input.endsWith("\n") ? "" : "\n") + mark;
        return "{ " + words + "\n} 2>&1 " + from + "\ncode=$?; echo; echo \"" + mark + " $code\"\n";
    }

    private CommandRunner.Result result(Command command, BufferedReader reader) throws IOException {
        StringJoiner output = new StringJoiner("\n");
        String line = reader.readLine();
        while (line != null && !line.startsWith(mark)) {
            output.add(line);
            line = reader.readLine();
        }
        if (line == null) {
            throw new EOFException("sh ended during " + command);
        }
        int exitCode = Integer.parseInt(line.substring(mark.length() + 1));
        if (exitCode == NOT_FOUND) {
            String program = command.program();
            throw ProgramRunner.notThere(program, new FileNotFoundException(output.toString()));
        }
        return new CommandRunner.Result(exitCode, output.toString().strip());
    }

    private static void end(Process running) {
        // The shell first: it would say how the command ended that it waits for.
        List<ProcessHandle> commands = running.descendants().toList();
        running.destroyForcibly();
        commands.forEach(ProcessHandle::destroyForcibly);
    }

    @Override
    public void close() {
        Process running = shell;
        if (running == null) {
            return;
        }
        try (BufferedWriter _ = told(running);
                BufferedReader _ = said(running)) {
            end(running);
        } catch (IOException gone) {
            // It was ended in the middle of a command.
        }
        shell = null;
    }
}
