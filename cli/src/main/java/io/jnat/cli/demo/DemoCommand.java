package io.jnat.cli.demo;

import io.jnat.cli.ExitCode;
import io.jnat.cli.lab.JnatCommand;
import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.Requirements;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code jnat demo}: the whole system on one machine, in network namespaces. */
@Command(
        name = "demo",
        description = {
            "Show the whole system on this machine, with real packets.",
            "",
            "Makes network namespaces for an internet client, a VPS, a carrier-grade NAT, a site's"
                    + " router and its devices, runs a relay and a router in them, and shows step by"
                    + " step what works. Touches nothing outside the namespaces and removes them at"
                    + " the end. Takes less than a minute."
        },
        footer = {"", "Example:", "  sudo ./jnat demo"},
        mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Option(
            names = "--keep",
            description = "After the steps, wait for Enter before everything is removed.")
    private boolean keep;

    /** For picocli. */
    public DemoCommand() {}

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        if (!Requirements.isRoot()) {
            err.println("jnat demo: network namespaces need root; start it so: sudo ./jnat demo");
            return ExitCode.FAILED;
        }
        List<String> rights = Requirements.missingCapabilities();
        if (!rights.isEmpty()) {
            err.println(
                    "jnat demo: root may make no network namespaces here, without "
                            + String.join(" and ", rights)
                            + "; give them to the container (docker run --privileged), or start it"
                            + " outside");
            return ExitCode.FAILED;
        }
        List<String> missing = Requirements.missingPackages();
        if (!missing.isEmpty()) {
            err.println(
                    "jnat demo: tools are missing; install them so: sudo apt-get install "
                            + String.join(" ", missing));
            return ExitCode.FAILED;
        }
        if (!Requirements.hasTun()) {
            err.println("jnat demo: no /dev/net/tun here; load it so: sudo modprobe tun");
            return ExitCode.FAILED;
        }
        try {
            return show(out) ? ExitCode.OK : ExitCode.FAILED;
        } catch (InterruptedIOException e) {
            err.println("jnat demo: interrupted; everything is removed");
            return ExitCode.FAILED;
        } catch (IOException e) {
            err.println("jnat demo: " + e.getMessage());
            return ExitCode.FAILED;
        }
    }

    private boolean show(PrintWriter out) throws IOException {
        long startNanos = System.nanoTime();
        out.println("jnat demo: a relay on a VPS and a router behind a carrier-grade NAT");
        out.flush();
        try (NetworkLab lab = NetworkLab.open()) {
            LabFiles files = LabFiles.write(lab.directory());
            JnatCommand jnat = JnatCommand.ofThisProcess();
            JnatProcess relay = lab.add(new JnatProcess(lab.namespace("vps"), jnat, files.relay()));
            JnatProcess router =
                    lab.add(new JnatProcess(lab.namespace("site"), jnat, files.router()));
            DemoReport report = new DemoReport(out, Demo.STEPS, lab::isClosed);
            new Demo(lab, relay, router, report).run();
            boolean ok = report.finish((System.nanoTime() - startNanos) / 1_000_000);
            if (keep) {
                waitForEnter(out, lab);
            }
            return ok;
        }
    }

    private static void waitForEnter(PrintWriter out, NetworkLab lab) throws IOException {
        out.println();
        out.println("Still there; look around, for instance:");
        out.println("  sudo ip netns exec " + lab.namespace("site").name() + " ip rule");
        out.println("  configuration and logs: " + lab.directory());
        out.println("Enter removes it all.");
        out.flush();
        int key = System.in.read();
        while (key >= 0 && key != '\n') {
            key = System.in.read();
        }
    }
}
