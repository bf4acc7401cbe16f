package io.jnat.cli.steering;

import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Runs commands in their order, and those of {@code ip} that follow one another in one process
 * ({@code ip -batch}): by themselves they take 3 ms each, and a start has dozens of them before the
 * first packet passes.
 */
final class IpBatch {
    /** What needs no quotes. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9@%+=:,./_-]+");

    /** What became of a command. */
    @FunctionalInterface
    interface Outcome {
        /**
         * Is told of each command in turn; what it throws ends the run.
         *
         * @param index of the command
         */
        void of(int index, CommandRunner.Result result) throws IOException;
    }

    private IpBatch() {}

    /**
     * Runs them all. When {@code ip} refuses one of several, it is asked for each of them by
     * itself: those that it has carried out are there already then.
     */
    static void run(CommandRunner runner, List<Command> commands, Outcome outcome)
            throws IOException {
        int at = 0;
        while (at < commands.size()) {
            int end = endOfBatch(commands, at);
            if (end - at > 1) {
                CommandRunner.Result together = runner.run(batch(commands.subList(at, end)));
                for (; at < end && together.exitCode() == 0; at++) {
                    outcome.of(at, together);
                }
            }
            for (; at < end; at++) {
                outcome.of(at, runner.run(commands.get(at)));
            }
        }
    }

    /** After the last command that fits into one process with that at {@code start}. */
    private static int endOfBatch(List<Command> commands, int start) {
        int end = start + 1;
        if (fits(commands.get(start))) {
            String family = family(commands.get(start));
            while (end < commands.size()
                    && fits(commands.get(end))
                    && family(commands.get(end)).equals(family)) {
                end++;
            }
        }
        return end;
    }

    /**
     * {@code ip -4 …} and {@code ip -6 …}, without anything that a line of a batch would change.
     */
    private static boolean fits(Command command) {
        List<String> words = command.arguments();
        return words.size() > 2
                && command.program().equals("ip")
                && (family(command).equals("-4") || family(command).equals("-6"))
                && command.input().isEmpty()
                && words.stream().allMatch(word -> PLAIN.matcher(word).matches());
    }

    private static String family(Command command) {
        return command.arguments().get(1);
    }

    private static Command batch(List<Command> commands) {
        StringBuilder lines = new StringBuilder();
        for (Command command : commands) {
            List<String> words = command.arguments();
            lines.append(String.join(" ", words.subList(2, words.size()))).append('\n');
        }
        return new Command(
                List.of("ip", family(commands.getFirst()), "-batch", "-"), lines.toString());
    }
}
