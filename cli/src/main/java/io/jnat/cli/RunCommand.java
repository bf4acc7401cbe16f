package io.jnat.cli;

import io.jnat.cli.config.toml.ConfigException;
import io.jnat.cli.config.toml.ConfigProblem;
import io.jnat.cli.config.toml.ConfigReader;
import io.jnat.cli.config.toml.LoadedConfig;
import io.jnat.cli.engine.Log;
import io.jnat.cli.wiring.Instance;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code jnat run}: the process itself, in the foreground. */
@Command(
        name = "run",
        description = {
            "Run a relay or a router, in the foreground, until SIGTERM or Ctrl-C. SIGHUP reads the"
                    + " configuration again, as `jnat config reload` does.",
            "",
            "Needs root. Everything that it changes on the host is put back when it stops;"
                    + " after a kill -9 it stays: the next start takes it over, `jnat service"
                    + " cleanup` takes it back."
        },
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  sudo jnat run",
            "  sudo jnat run --config relay.toml",
            "JNAT_RUNTIME_DIR (default /run/jnat) holds the control socket, JNAT_STATE_DIR (default"
                    + " /var/lib/jnat) what must outlive a crash."
        })
final class RunCommand implements Callable<Integer> {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The configuration (default: ${DEFAULT-VALUE}).",
            defaultValue = "/etc/jnat/jnat.toml")
    private Path file;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        LoadedConfig loaded;
        try {
            loaded = ConfigReader.load(file);
        } catch (ConfigException wrong) {
            wrong.problems().forEach(err::println);
            return ExitCode.CONFIG_INVALID;
        }
        Log log = Log.toStderr();
        for (ConfigProblem warning : loaded.warnings()) {
            log.warning(warning.toString());
        }
        Instance instance = new Instance(loaded.config(), file, log);
        Hangup.handle(instance::reload);
        // What a start has changed on the host before it is told to stop is put back, too.
        CompletableFuture<Boolean> started = new CompletableFuture<>();
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    if (started.join()) {
                                        instance.stop();
                                        // It was asked for: a success, whatever the signal.
                                        Runtime.getRuntime().halt(ExitCode.OK);
                                    }
                                },
                                "stop"));
        try {
            instance.start();
            started.complete(true);
        } catch (IOException failure) {
            log.error("cannot start: " + failure.getMessage());
            return ExitCode.FAILED;
        } finally {
            started.complete(false);
        }
        CountDownLatch never = new CountDownLatch(1);
        never.await();
        return ExitCode.OK;
    }
}
