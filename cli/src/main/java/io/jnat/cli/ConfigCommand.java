package io.jnat.cli;

import com.fasterxml.jackson.jr.ob.JSON;
import io.jnat.cli.config.ConfigText;
import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.RouterConfig;
import io.jnat.cli.config.toml.ConfigException;
import io.jnat.cli.config.toml.ConfigProblem;
import io.jnat.cli.config.toml.ConfigReader;
import io.jnat.cli.config.toml.LoadedConfig;
import io.jnat.cli.control.ReloadReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code jnat config …}: looks at a configuration, makes one without writing over any, and has the
 * running process take it over.
 */
@Command(
        name = "config",
        description = "Check, show, import or reload a configuration.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        subcommands = {
            ConfigCommand.Check.class,
            ConfigCommand.Show.class,
            ConfigCommand.Diff.class,
            ConfigCommand.Reload.class,
            ConfigImportCommand.class
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  jnat config check --config relay.toml",
            "  jnat config diff && jnat config reload",
            "jnat config COMMAND --help says more about each."
        })
final class ConfigCommand {

    private ConfigCommand() {}

    /** {@code jnat config check}: all errors at once. */
    @Command(
            name = "check",
            description = "Check a configuration and report everything that is wrong with it.",
            mixinStandardHelpOptions = true,
            footerHeading = "%nExample:%n",
            footer = "  jnat config check --config /etc/jnat/jnat.toml")
    static final class Check implements Callable<Integer> {
        @Spec private CommandSpec spec;

        @Option(names = "--config", paramLabel = "FILE", description = "Default: ${DEFAULT-VALUE}.")
        private Path file = ConfigReader.DEFAULT_FILE;

        @Override
        public Integer call() {
            try {
                LoadedConfig loaded = ConfigReader.load(file);
                report(spec, loaded.warnings());
                spec.commandLine().getOut().println(file + ": ok: " + summary(loaded.config()));
                return ExitCode.OK;
            } catch (ConfigException e) {
                return refuse(spec, file, e);
            }
        }
    }

    /** {@code jnat config show}: as jnat understood it. */
    @Command(
            name = "show",
            description =
                    "Print a configuration as jnat understood it, as TOML. Keys are not printed.",
            mixinStandardHelpOptions = true,
            footerHeading = "%nExample:%n",
            footer = "  jnat config show --effective --config /etc/jnat/jnat.toml")
    static final class Show implements Callable<Integer> {
        @Spec private CommandSpec spec;

        @Option(names = "--config", paramLabel = "FILE", description = "Default: ${DEFAULT-VALUE}.")
        private Path file = ConfigReader.DEFAULT_FILE;

        @Option(names = "--effective", description = "Print what has its default too.")
        private boolean effective;

        @Override
        public Integer call() {
            try {
                LoadedConfig loaded = ConfigReader.load(file);
                report(spec, loaded.warnings());
                PrintWriter out = spec.commandLine().getOut();
                loaded.files().forEach(read -> out.println("# " + read));
                out.print(ConfigText.of(loaded.config(), effective));
                out.flush();
                return ExitCode.OK;
            } catch (ConfigException e) {
                return refuse(spec, file, e);
            }
        }
    }

    /** {@code jnat config diff}: what a reload would change. */
    @Command(
            name = "diff",
            description =
                    "Show what differs between the configuration that runs and its file as it is now,"
                            + " and what of it a reload can't change. Changes nothing.",
            mixinStandardHelpOptions = true,
            footerHeading = "%nExample:%n",
            footer = "  jnat config diff")
    static final class Diff implements Callable<Integer> {
        @Spec private CommandSpec spec;
        @Mixin private InstanceOption instance;

        @Override
        public Integer call() {
            return instance.ask(
                    Map.of("op", "reload-preview"), (data, out) -> printReload(spec, data, false));
        }
    }

    /** {@code jnat config reload}: the same as SIGHUP, with an answer. */
    @Command(
            name = "reload",
            description = {
                "Have the running process read its configuration file again.",
                "Flows that the new rules still allow go on and lose no packet; the others end. When"
                        + " anything is wrong with the file, or needs a restart, nothing is changed."
            },
            mixinStandardHelpOptions = true,
            footerHeading = "%nExample:%n",
            footer = "  jnat config check && jnat config reload")
    static final class Reload implements Callable<Integer> {
        @Spec private CommandSpec spec;
        @Mixin private InstanceOption instance;

        @Override
        public Integer call() {
            return instance.ask(
                    Map.of("op", "reload"), (data, out) -> printReload(spec, data, true));
        }
    }

    private static int printReload(CommandSpec spec, Object data, boolean applied)
            throws IOException {
        ReloadReport report = JSON.std.beanFrom(ReloadReport.class, JSON.std.asString(data));
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        report.changes().forEach(out::println);
        report.warnings().forEach(err::println);
        report.errors().forEach(err::println);
        if (!report.errors().isEmpty()) {
            err.println(
                    report.file()
                            + (applied
                                    ? ": nothing was changed"
                                    : ": a reload would change nothing"));
            return ExitCode.CONFIG_INVALID;
        }
        out.println(
                report.file()
                        + (report.changes().isEmpty()
                                ? ": nothing differs from what runs"
                                : applied ? ": taken over" : ": a reload would take this over"));
        return ExitCode.OK;
    }

    /** Prints what is wrong; the same words wherever a configuration is read. */
    static int refuse(CommandSpec spec, Path file, ConfigException e) {
        report(spec, e.problems());
        long errors = e.problems().stream().filter(problem -> !problem.warning()).count();
        PrintWriter err = spec.commandLine().getErr();
        err.println(
                file
                        + ": "
                        + errors
                        + (errors == 1 ? " error" : " errors")
                        + ", nothing was changed");
        return ExitCode.CONFIG_INVALID;
    }

    static void report(CommandSpec spec, List<ConfigProblem> problems) {
        PrintWriter err = spec.commandLine().getErr();
        problems.forEach(err::println);
        err.flush();
    }

    private static String summary(JnatConfig config) {
        return switch (config) {
            case RelayConfig relay ->
                    "relay on "
                            + relay.wan()
                            + ", "
                            + count(relay.sites().size(), "site")
                            + ", "
                            + count(relay.devices().size(), "device")
                            + ", "
                            + count(relay.forwards().size(), "forward");
            case RouterConfig router ->
                    "router between "
                            + String.join(" ", router.lan())
                            + " and "
                            + router.wan()
                            + ", "
                            + count(router.devices().size(), "device")
                            + ", "
                            + router.captured().size()
                            + " captured, "
                            + count(router.allows().size(), "allow rule");
        };
    }

    private static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }
}
