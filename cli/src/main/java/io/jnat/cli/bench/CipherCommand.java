package io.jnat.cli.bench;

import io.jnat.bench.CipherTable;
import io.jnat.cli.ExitCode;
import io.jnat.wireguard.crypto.vector.CipherChoice;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jnat bench cipher}: what it costs to seal and to open a packet. */
@Command(
        name = "cipher",
        description = {
            "Measure what it costs to seal and to open a packet, by its size and that of its burst.",
            "",
            "Nanoseconds a packet, after the training that every start goes through."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  jnat bench cipher              the cipher that this machine would use",
            "  jnat bench cipher vector256    the form for machines without AVX-512",
            "To compare: openssl speed -seconds 1 -bytes 1424 -evp chacha20-poly1305"
        })
final class CipherCommand implements Callable<Integer> {
    @Parameters(
            arity = "0..1",
            paramLabel = "CIPHER",
            defaultValue = "auto",
            description = "auto, scalar, jdk, vector256 or vector512 (default: ${DEFAULT-VALUE}).")
    private String name = "auto";

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException, ExecutionException {
        CipherChoice choice = CipherChoice.of(name);
        if (choice == null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "cipher '" + name + "' (expected: auto, scalar, jdk, vector256 or vector512)");
        }
        try {
            CipherTable.write(choice, spec.commandLine().getOut());
        } catch (TimeoutException slow) {
            spec.commandLine()
                    .getErr()
                    .println("the cipher was not trained within a minute: is the machine busy?");
            return ExitCode.FAILED;
        }
        spec.commandLine().getOut().flush();
        return ExitCode.OK;
    }
}
