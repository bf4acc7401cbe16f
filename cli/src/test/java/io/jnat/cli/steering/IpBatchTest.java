package io.jnat.cli.steering;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Commands of {@code ip} in one process do what they do one by one. */
final class IpBatchTest {
    private final List<String> ran = new ArrayList<>();
    private final List<String> told = new ArrayList<>();

    private void run(Set<String> refused, Command... commands) throws IOException {
        CommandRunner runner =
                command -> {
                    String all = command + (command.input().isEmpty() ? "" : "|" + command.input());
                    ran.add(all.strip());
                    boolean no = refused.stream().anyMatch(all::contains);
                    return new CommandRunner.Result(no ? 2 : 0, no ? "refused" : "");
                };
        IpBatch.run(
                runner,
                List.of(commands),
                (index, result) -> told.add(index + " " + result.exitCode()));
    }

    private static Command ip(String words) {
        return Command.of(List.of(("ip " + words).split(" ")));
    }

    @Test
    void neighboursOfOneFamilyShareAProcessAndTheOrderStays() throws IOException {
        run(
                Set.of(),
                Command.of("nft", "-f", "-"),
                ip("-4 rule add pref 1"),
                ip("-4 rule add pref 2"),
                ip("-6 rule add pref 3"),
                ip("link set dev a up"),
                ip("-4 rule add pref 4"),
                ip("-4 route replace default dev a"));
        assertEquals(
                List.of(
                        "nft -f -",
                        "ip -4 -batch -|rule add pref 1\nrule add pref 2",
                        "ip -6 rule add pref 3",
                        "ip link set dev a up",
                        "ip -4 -batch -|rule add pref 4\nroute replace default dev a"),
                ran);
        assertEquals(List.of("0 0", "1 0", "2 0", "3 0", "4 0", "5 0", "6 0"), told);
    }

    @Test
    void whenOneIsRefusedEachIsAskedByItself() throws IOException {
        run(Set.of("pref 2"), ip("-4 rule add pref 1"), ip("-4 rule add pref 2"), ip("-4 rule x"));
        assertEquals(
                List.of(
                        "ip -4 -batch -|rule add pref 1\nrule add pref 2\nrule x",
                        "ip -4 rule add pref 1",
                        "ip -4 rule add pref 2",
                        "ip -4 rule x"),
                ran);
        assertEquals(List.of("0 0", "1 2", "2 0"), told);
    }

    @Test
    void whatABatchWouldReadOtherwiseIsNotInOne() throws IOException {
        run(
                Set.of(),
                Command.of("ip", "-4", "rule", "add", "a b"),
                Command.of("ip", "-4", "rule", "add", "#x"),
                new Command(List.of("ip", "-4", "rule", "add"), "input"),
                Command.of("ip", "-4", "rule", "add", "\"q\""));
        assertEquals(4, ran.size(), ran::toString);
    }

    @Test
    void anOutcomeThatThrowsEndsTheRun() {
        List<Command> commands = List.of(ip("-4 rule add pref 1"), ip("-6 rule add pref 2"));
        assertThrows(
                IOException.class,
                () ->
                        IpBatch.run(
                                command -> {
                                    ran.add(command.toString());
                                    return new CommandRunner.Result(1, "no");
                                },
                                commands,
                                (index, result) -> {
                                    throw new IOException(result.output());
                                }));
        assertEquals(List.of("ip -4 rule add pref 1"), ran);
    }
}
