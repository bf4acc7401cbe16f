package io.jnat.cli;

import io.jnat.cli.bench.BenchCommand;
import io.jnat.cli.demo.DemoCommand;
import io.jnat.cli.wg.WgCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The top command. Start-up time is paid by every command: keep static state out of here. */
@Command(
        name = "jnat",
        description = "A userspace NAT router on TUN devices with its own WireGuard.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:ok",
            "1:failed",
            "2:usage",
            "3:configuration invalid",
            "4:process not reachable",
            "5:degraded"
        },
        footer = {"", "jnat COMMAND --help says more about each, with examples."})
public final class Jnat {
    /** In the order in which the help shows them. */
    private static final List<String> COMMANDS =
            List.of(
                    "bench", "config", "demo", "flows", "key", "run", "service", "site", "status",
                    "version", "wg", "why");

    /** Those that forward packets. */
    private static final List<String> FORWARDING = List.of("bench", "demo", "run", "wg");

    private Jnat() {}

    /** Runs one command and exits with its code. */
    public static void main(String[] args) throws InterruptedException {
        if (args.length == 0 || !FORWARDING.contains(args[0])) {
            System.exit(execute(commandLine(args), args));
        }
        HeadStart start = HeadStart.begin(System.getenv("JNAT_STDERR"));
        CommandLine commandLine = commandLine(args);
        start.awaitStandardError();
        System.exit(execute(commandLine, args));
    }

    /** A command has failed, too, when what it had to say was lost. */
    private static int execute(CommandLine commandLine, String[] args) {
        int exit = commandLine.execute(args);
        if (!System.out.checkError()) {
            return exit;
        }
        try {
            // Who reads from a pipe and has seen enough wants to hear no more.
            if (!Files.readSymbolicLink(Path.of("/proc/self/fd/1"))
                    .toString()
                    .startsWith("pipe:")) {
                System.err.println("jnat: the output could not be written: is the disk full?");
            }
        } catch (IOException closed) {
            // no output was wanted
        }
        return exit == ExitCode.OK ? ExitCode.FAILED : exit;
    }

    /** With all commands. */
    static CommandLine commandLine() {
        return commandLine(new String[0]);
    }

    /**
     * With the command that these arguments name, when they begin with one: to set all of them up
     * would take most commands longer than what they do.
     */
    private static CommandLine commandLine(String[] args) {
        CommandLine commandLine = new CommandLine(new Jnat());
        commandLine.setCommandName("jnat");
        boolean named = args.length > 0 && COMMANDS.contains(args[0]);
        for (String name : named ? List.of(args[0]) : COMMANDS) {
            commandLine.addSubcommand(command(name));
        }
        setVersion(commandLine);
        if ("dumb".equals(System.getenv("TERM"))) {
            commandLine.setColorScheme(
                    CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
        }
        // A word that begins with @ is no file with more words: one may hold a key.
        return commandLine.setExpandAtFiles(false);
    }

    /** Every command has -V, and picocli does not pass on what it says. */
    private static void setVersion(CommandLine command) {
        command.getCommandSpec().versionProvider(new VersionCommand());
        command.getSubcommands().values().forEach(Jnat::setVersion);
    }

    private static Class<?> command(String name) {
        return switch (name) {
            case "bench" -> BenchCommand.class;
            case "config" -> ConfigCommand.class;
            case "demo" -> DemoCommand.class;
            case "flows" -> FlowsCommand.class;
            case "key" -> KeyCommand.class;
            case "run" -> RunCommand.class;
            case "service" -> ServiceCommand.class;
            case "site" -> SiteCommand.class;
            case "status" -> StatusCommand.class;
            case "version" -> VersionCommand.class;
            case "wg" -> WgCommand.class;
            case "why" -> WhyCommand.class;
            default -> throw new IllegalArgumentException(name);
        };
    }
}
