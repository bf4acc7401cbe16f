package io.jnat.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code jnat version}: which jnat this is, and which Java runs it. */
@Command(
        name = "version",
        description = "Print the version of jnat and of the Java that runs it.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExample:%n",
        footer = "  jnat version")
final class VersionCommand implements Callable<Integer>, IVersionProvider {

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        for (String line : getVersion()) {
            out.println(line);
        }
        return ExitCode.OK;
    }

    @Override
    public String[] getVersion() {
        String version = Jnat.class.getPackage().getImplementationVersion();
        return new String[] {
            "jnat " + (version == null ? "(not packaged)" : version),
            "java " + Runtime.version() + " (" + System.getProperty("java.vm.name") + ")"
        };
    }
}
