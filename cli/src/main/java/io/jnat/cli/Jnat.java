package io.jnat.cli;

import io.jnat.cli.bench.BenchCommand;
import io.jnat.cli.demo.DemoCommand;
import io.jnat.cli.wg.WgCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The top command. Start-up time is paid by every command: keep static state out of here. */
@Command(
        name = "jnat",
        description = "A userspace NAT router on TUN devices with its own WireGuard.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        versionProvider = VersionCommand.class,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:ok",
            "1:failed",
            "2:usage",
            "3:configuration invalid",
            "4:process not reachable",
            "5:degraded"
        },
        subcommands = {
            BenchCommand.class,
            ConfigCommand.class,
            DemoCommand.class,
            FlowsCommand.class,
            KeyCommand.class,
            RunCommand.class,
            ServiceCommand.class,
            SiteCommand.class,
            StatusCommand.class,
            VersionCommand.class,
            WgCommand.class,
            WhyCommand.class
        })
public final class Jnat {

    private Jnat() {}

    /** Runs one command and exits with its code. */
    public static void main(String[] args) {
        String stderr = System.getenv("JNAT_STDERR");
        if (stderr != null) {
            StandardError.moveFrom(Integer.parseInt(stderr));
        }
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new Jnat());
        commandLine.setCommandName("jnat");
        return commandLine;
    }
}
