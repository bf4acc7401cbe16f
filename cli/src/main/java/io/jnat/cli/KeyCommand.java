package io.jnat.cli;

import io.jnat.cli.config.KeyFiles;
import io.jnat.wireguard.WireGuardKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jnat key …}: WireGuard's keys, interchangeable with those of {@code wg}. */
@Command(
        name = "key",
        description = "Make keys for the tunnel.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        subcommands = {KeyCommand.Gen.class, KeyCommand.Pub.class},
        footerHeading = "%nExample:%n",
        footer = "  jnat key gen --out private.key && jnat key pub private.key")
final class KeyCommand {

    private KeyCommand() {}

    /** {@code jnat key gen}: a new private key. */
    @Command(
            name = "gen",
            description = "Make a private key.",
            mixinStandardHelpOptions = true,
            footerHeading = "%nExample:%n",
            footer = {
                "  jnat key gen --out /etc/jnat/private.key",
                "  jnat key pub /etc/jnat/private.key"
            })
    static final class Gen implements Callable<Integer> {
        @Spec private CommandSpec spec;

        @Option(
                names = "--out",
                paramLabel = "FILE",
                description = "Write it there, for its owner only, instead of printing it.")
        private @Nullable Path out;

        @Override
        public Integer call() {
            String text = WireGuardKey.generatePrivate().base64();
            if (out == null) {
                spec.commandLine().getOut().println(text);
                return ExitCode.OK;
            }
            try {
                KeyFiles.create(out, text);
                return ExitCode.OK;
            } catch (FileAlreadyExistsException e) {
                return fail(
                        spec,
                        out
                                + ": is there already; a key is never overwritten. Remove it, or name another file");
            } catch (NoSuchFileException e) {
                Path folder = out.toAbsolutePath().getParent();
                return fail(
                        spec,
                        out
                                + ": there is no folder "
                                + folder
                                + "; make it with: mkdir -p "
                                + folder);
            } catch (IOException e) {
                return fail(spec, "the key could not be written: " + IoReason.of(e));
            }
        }
    }

    /** {@code jnat key pub}: what the other end must know. */
    @Command(
            name = "pub",
            description = "Print the public key that belongs to a private one.",
            mixinStandardHelpOptions = true,
            footerHeading = "%nExample:%n",
            footer = {
                "  jnat key pub /etc/jnat/private.key",
                "  jnat key gen | tee private.key | jnat key pub"
            })
    static final class Pub implements Callable<Integer> {
        @Spec private CommandSpec spec;

        @Parameters(
                arity = "0..1",
                paramLabel = "FILE",
                description = "Holds the private key. Without it, the key is read from stdin.")
        private @Nullable Path file;

        @Override
        public Integer call() {
            try {
                byte[] secret = file == null ? fromStdin() : KeyFiles.read(file);
                String text = WireGuardKey.of(secret).publicKey().base64();
                spec.commandLine().getOut().println(text);
                return ExitCode.OK;
            } catch (IOException e) {
                return fail(spec, IoReason.of(e));
            }
        }

        private static byte[] fromStdin() throws IOException {
            String text = new String(System.in.readNBytes(4096), StandardCharsets.ISO_8859_1);
            return KeyFiles.parse("stdin", text);
        }
    }

    private static int fail(CommandSpec spec, String message) {
        spec.commandLine().getErr().println("jnat: " + message);
        return ExitCode.FAILED;
    }
}
