package io.jnat.cli;

import io.jnat.cli.config.KeyFiles;
import io.jnat.cli.config.toml.ConfigException;
import io.jnat.cli.config.toml.ConfigReader;
import io.jnat.cli.wgquick.WgQuickImport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jnat config import}: a configuration out of a wg-quick file. */
@Command(
        name = "import",
        description = {
            "Make a configuration out of a wg-quick file. One peer with an endpoint makes a router,"
                    + " anything else a relay whose peers are its sites.",
            "With --out, the configuration is written there, and each key into a file of its own"
                    + " beside it, for its owner only; nothing is overwritten. Without, the"
                    + " configuration is printed, and no key."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExample:%n",
        footer = "  jnat config import /etc/wireguard/wg0.conf --out /etc/jnat/jnat.toml")
final class ConfigImportCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The wg-quick file.")
    private Path file = Path.of("");

    @Option(names = "--out", paramLabel = "FILE", description = "Write the configuration there.")
    private @Nullable Path out;

    @Option(
            names = "--wan",
            paramLabel = "DEVICE",
            defaultValue = "eth0",
            description = "The interface to the internet. Default: ${DEFAULT-VALUE}.")
    private String wan = "";

    @Option(
            names = "--lan",
            paramLabel = "DEVICE",
            defaultValue = "eth1",
            description = "The interface that devices are on. Default: ${DEFAULT-VALUE}.")
    private String lan = "";

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        try {
            WgQuickImport.Result result =
                    WgQuickImport.of(file, new WgQuickImport.Wishes(wan, lan));
            result.notes().forEach(note -> err.println("note: " + note));
            Path target = out;
            if (target == null) {
                spec.commandLine().getOut().print(result.toml());
                spec.commandLine().getOut().flush();
                err.println(
                        "note: keys are not printed; with --out they are written to "
                                + String.join(", ", result.keys().keySet()));
                return ExitCode.OK;
            }
            write(target, result);
            return check(target, String.join(", ", result.keys().keySet()));
        } catch (FileAlreadyExistsException there) {
            err.println(
                    "jnat: "
                            + there.getFile()
                            + ": is there already, and nothing was written; remove it, or name"
                            + " another place with --out");
            return ExitCode.FAILED;
        } catch (IOException wrong) {
            err.println("jnat: " + IoReason.of(wrong));
            return ExitCode.FAILED;
        }
    }

    /** What is wrong stays: it is mended there, and the file that it was made from is no better. */
    private int check(Path target, String keys) {
        String written = target + " is written, and " + keys + " beside it; ";
        String check = "jnat config check --config " + target;
        try {
            ConfigReader.load(target);
            spec.commandLine().getOut().println(written + "check it with: " + check);
            return ExitCode.OK;
        } catch (ConfigException wrong) {
            ConfigCommand.report(spec, wrong.problems());
            spec.commandLine().getErr().println(written + "mend it there, then: " + check);
            return ExitCode.CONFIG_INVALID;
        }
    }

    /** All of it or nothing: what is half there would be in the next attempt's way. */
    private static void write(Path target, WgQuickImport.Result result) throws IOException {
        for (String name : result.keys().keySet()) {
            refuseExisting(target.resolveSibling(name));
        }
        refuseExisting(target);
        List<Path> written = new ArrayList<>();
        try {
            for (Map.Entry<String, String> key : result.keys().entrySet()) {
                Path keyFile = target.resolveSibling(key.getKey());
                KeyFiles.create(keyFile, key.getValue());
                written.add(keyFile);
            }
            written.add(Files.createFile(target));
            writeText(target, result.toml());
        } catch (IOException failed) {
            for (Path file : written) {
                Files.deleteIfExists(file);
            }
            throw failed;
        }
    }

    private static void writeText(Path file, String text) throws IOException {
        try {
            Files.writeString(file, text);
        } catch (IOException failed) {
            throw new IOException(file + ": cannot be written: " + failed.getMessage(), failed);
        }
    }

    private static void refuseExisting(Path path) throws IOException {
        if (Files.exists(path)) {
            throw new FileAlreadyExistsException(path.toString());
        }
    }
}
