package io.jnat.cli;

import io.jnat.cli.control.Directories;
import io.jnat.cli.steering.CommandRunner;
import io.jnat.cli.steering.SteeringCleanup;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code jnat service …}: what surrounds the process. */
@Command(
        name = "service",
        description = "Look after what surrounds the process.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        subcommands = {ServiceCommand.Cleanup.class},
        footerHeading = "%nExample:%n",
        footer = "  jnat service cleanup")
final class ServiceCommand {

    private ServiceCommand() {}

    /** {@code jnat service cleanup}: after an unclean stop. */
    @Command(
            name = "cleanup",
            description = {
                "Take back the rules, routes, kernel settings and nftables table that an instance"
                        + " which was killed has left.",
                "Captured devices then go where the host sends them. The next start takes them over"
                        + " too: this is for when there will be none."
            },
            mixinStandardHelpOptions = true,
            footerHeading = "%nExample:%n",
            footer = {
                "  jnat service cleanup",
                "  JNAT_STATE_DIR=/tmp/relay jnat service cleanup --name relay"
            })
    static final class Cleanup implements Callable<Integer> {
        @Spec private CommandSpec spec;

        @Option(
                names = "--name",
                paramLabel = "NAME",
                defaultValue = "jnat",
                description = "The instance's name. Default: ${DEFAULT-VALUE}.")
        private String name;

        @Override
        public Integer call() {
            try {
                int changes =
                        SteeringCleanup.cleanUp(
                                name,
                                CommandRunner.here(),
                                Directories.state(),
                                Directories.runtime());
                spec.commandLine()
                        .getOut()
                        .println(
                                changes == 0
                                        ? name + ": nothing to clean up"
                                        : name + ": " + changes + " changes taken back");
                return ExitCode.OK;
            } catch (IOException e) {
                spec.commandLine().getErr().println("jnat: " + e.getMessage());
                return ExitCode.FAILED;
            }
        }
    }
}
