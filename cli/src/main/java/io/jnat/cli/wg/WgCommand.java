package io.jnat.cli.wg;

import io.jnat.cli.ExitCode;
import io.jnat.cli.StandardError;
import io.jnat.cli.engine.Log;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jnat wg}: a WireGuard device that {@code wg} and {@code wg-quick} work with. */
@Command(
        name = "wg",
        description = {
            "Make a WireGuard device in userspace, for wg and wg-quick.",
            "",
            "Returns when the device and its socket /var/run/wireguard/NAME.sock can be used, and"
                    + " stays in the background until the device or the socket is removed, or until"
                    + " SIGTERM. The device begins without keys and peers: wg gives them."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  sudo jnat wg wg0 && sudo wg setconf wg0 wg0.conf && sudo ip link set wg0 up",
            "  sudo WG_QUICK_USERSPACE_IMPLEMENTATION=$PWD/cli/src/main/scripts/jnat-wg \\",
            "    wg-quick up wg0",
            "jnat-wg is a link to jnat; a link of the name wireguard-go does the same. With LOG_LEVEL"
                    + " set a device in the background logs to stderr: error for errors and warnings,"
                    + " verbose for all."
        })
public final class WgCommand implements Callable<Integer> {
    private static final int LOOK_MILLIS = 100;

    /** How long a device of this name that was just removed may need to end. */
    private static final Duration PREDECESSOR_ENDS = Duration.ofSeconds(3);

    /** Set by the launcher: where output goes once the device is ready. */
    private static final String DETACH = "JNAT_WG_DETACH";

    /** As wireguard-go has it. */
    private static final String FOREGROUND = "WG_PROCESS_FOREGROUND";

    @Option(
            names = {"-f", "--foreground"},
            description = "Stay in the foreground, log to stderr, end at Ctrl-C.")
    private boolean foreground;

    @Option(
            names = "--awake",
            description =
                    "Keep its cores from sleeping while packets flow sparsely: fewer late packets on"
                            + " a virtual machine, whose cores count as used then.")
    private boolean awake;

    @Parameters(paramLabel = "NAME", description = "The device's name, 1 to 15 characters.")
    private String name = "";

    @Spec private CommandSpec spec;

    /** For picocli. */
    public WgCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        if (!name.matches("[a-zA-Z0-9_=+.-]{1,15}") || name.matches("\\.\\.?")) {
            throw new ParameterException(
                    spec.commandLine(),
                    "device name '"
                            + name
                            + "' (expected: 1 to 15 of letters, digits and _ = + . -)");
        }
        Log log = Log.toStderr(leastLevel(System.getenv("LOG_LEVEL")));
        boolean stays = foreground || "1".equals(System.getenv(FOREGROUND));
        if (!stays && System.getenv(DETACH) == null) {
            log.warning("only the launcher ./jnat can put a device in the background: it stays");
        }
        WgDevice device;
        UapiServer server;
        try {
            device = WgDevice.open(name, awake, log);
        } catch (IOException failure) {
            log.error("cannot make the device: " + failure.getMessage());
            return ExitCode.FAILED;
        }
        try {
            server =
                    UapiServer.listen(
                            UapiServer.DIRECTORY,
                            name,
                            PREDECESSOR_ENDS,
                            device,
                            refused -> log.limited(Log.Level.WARNING, "refused: " + refused));
        } catch (IOException failure) {
            log.error("cannot make the socket: " + failure.getMessage());
            device.close();
            return ExitCode.FAILED;
        }
        run(device, server, log);
        return ExitCode.OK;
    }

    /** What wireguard-go calls an error is a warning here, too. */
    static Log.Level leastLevel(@Nullable String wanted) {
        return switch (wanted) {
            case "error" -> Log.Level.WARNING;
            case "silent" -> Log.Level.ERROR;
            case null, default -> Log.Level.INFO;
        };
    }

    private void run(WgDevice device, UapiServer server, Log log) throws InterruptedException {
        CountDownLatch stop = new CountDownLatch(1);
        Thread main = Thread.currentThread();
        Thread onSignal =
                new Thread(
                        () -> {
                            stop.countDown();
                            try {
                                main.join(TimeUnit.SECONDS.toMillis(5));
                            } catch (InterruptedException ignored) {
                                Thread.currentThread().interrupt();
                            }
                            // A stop that was asked for is a success, whatever the signal.
                            Runtime.getRuntime().halt(ExitCode.OK);
                        },
                        "stop");
        Runtime.getRuntime().addShutdownHook(onSignal);
        device.follow();
        server.start();
        ready();
        String why = "stopped";
        while (stop.getCount() != 0) {
            try {
                device.awaitChange(TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS));
                if (!device.follow()) {
                    why = "the device was removed";
                    break;
                }
                if (!server.isInPlace()) {
                    why = "the socket was removed";
                    break;
                }
            } catch (RuntimeException | Error fault) {
                // Without this thread the device would outlive its interface.
                tell(log, fault);
            }
        }
        log.info(why);
        try {
            server.close();
        } catch (IOException failure) {
            log.warning(String.valueOf(failure.getMessage()));
        }
        device.close();
        Runtime.getRuntime().halt(ExitCode.OK);
    }

    private static void tell(Log log, Throwable fault) {
        try {
            log.limited(Log.Level.ERROR, "defect, going on: " + fault);
        } catch (RuntimeException | Error again) {
            // as when there is no memory to say so
        }
    }

    private static void ready() {
        String detach = System.getenv(DETACH);
        if (detach != null) {
            System.out.println("jnat wg: ready");
            StandardError.detachTo(Integer.parseInt(detach));
        }
    }
}
