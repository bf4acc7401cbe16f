package io.jnat.cli.steering;

import java.io.IOException;
import java.util.List;

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

    /** What runs several commands, one after the other, with less to do for each. To be closed. */
    default Session session() {
        return new Session() {
            @Override
            public Result run(Command command) throws IOException {
                return CommandRunner.this.run(command);
            }

            @Override
            public void close() {}
        };
    }

    /** See {@link #session}. */
    interface Session extends CommandRunner, AutoCloseable {
        /** Lets go of what it holds; it may be used again. */
        @Override
        void close();
    }

    /** Runs in the network namespace that this process is in. */
    static CommandRunner here() {
        return new ProgramRunner(List.of());
    }
}
