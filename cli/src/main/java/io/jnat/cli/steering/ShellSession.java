package io.jnat.cli.steering;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.List;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
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
    private @Nullable BufferedWriter told;
    private @Nullable BufferedReader said;

    /** The shell is started with the first command. */
    ShellSession(ProgramRunner programs, long limitMillis) {
        this.programs = programs;
        this.limitMillis = limitMillis;
    }

    @Override
    public CommandRunner.Result run(Command command) throws IOException {
        Process running = shell;
        BufferedWriter writer = told;
        BufferedReader reader = said;
        if (running == null || writer == null || reader == null) {
            running = programs.start(List.of("sh"));
            writer = running.outputWriter();
            reader = running.inputReader();
            shell = running;
            told = writer;
            said = reader;
        }
        Process one = running;
        CompletableFuture<Void> limit =
                CompletableFuture.runAsync(
                        () -> end(one),
                        CompletableFuture.delayedExecutor(limitMillis, TimeUnit.MILLISECONDS));
        try {
            writer.write(script(command));
            writer.flush();
            return result(command, reader);
        } catch (EOFException ended) {
            throw limit.isDone() ? ProgramRunner.tooSlow(command) : ended;
        } finally {
            limit.cancel(true);
        }
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
        running.descendants().forEach(ProcessHandle::destroyForcibly);
        running.destroyForcibly();
    }

    @Override
    public void close() {
        Process running = shell;
        BufferedWriter writer = told;
        BufferedReader reader = said;
        if (running == null || writer == null || reader == null) {
            return;
        }
        try (writer;
                reader) {
            end(running);
        } catch (IOException gone) {
            // It was ended in the middle of a command.
        }
    }
}
