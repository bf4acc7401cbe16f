package io.jnat.cli;

import io.jnat.cli.control.ControlClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Which running process a command asks, and how it says that none answers. */
final class InstanceOption {
    @Option(
            names = "--name",
            paramLabel = "NAME",
            description =
                    "The instance to ask, where several run (its `name` in the configuration).")
    private @Nullable String name;

    @Spec(Target.MIXEE)
    private CommandSpec spec;

    /** What is done with the answer. */
    @FunctionalInterface
    interface Answer {
        int use(Object data, PrintWriter out) throws IOException;
    }

    /** Asks for more, within an {@link Answer}. */
    Object more(Map<String, Object> request) throws IOException {
        return ControlClient.ask(name, request);
    }

    /** Asks, and turns failures into a line on stderr and an exit code. */
    int ask(Map<String, Object> request, Answer answer) {
        PrintWriter err = spec.commandLine().getErr();
        try {
            return answer.use(ControlClient.ask(name, request), spec.commandLine().getOut());
        } catch (ControlClient.NotReachable nobody) {
            err.println("jnat: " + nobody.getMessage());
            return ExitCode.NOT_REACHABLE;
        } catch (IOException failure) {
            err.println("jnat: " + failure.getMessage());
            return ExitCode.FAILED;
        }
    }
}
