package io.jnat.cli.lab;

import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * {@code wireguard-go}, or what is called like it, as one end of the tunnel, with the kernel's own
 * NAT, rules and routes around it: an independent oracle for the peer that jnat talks to, and for
 * the assertions that jnat must meet.
 */
public final class WireguardGo implements TunnelEnd {

    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final Namespace namespace;
    private final String program;
    private final String device;
    private final Path configuration;
    private final Path log;
    private final String commands;
    private final String ruleset;
    private @Nullable Process process;

    /**
     * Prepares it.
     *
     * @param program how it is called: as {@code PROGRAM -f DEVICE}
     * @param device its TUN device; the control socket's name too, which all namespaces share
     * @param wg configuration as {@code wg setconf} reads it
     * @param commands shell commands once the device is there; {@code $DEV} is its name
     * @param ruleset nftables rules, loaded after the commands
     */
    WireguardGo(
            Namespace namespace,
            Path directory,
            String program,
            String device,
            String wg,
            String commands,
            String ruleset)
            throws IOException {
        this.namespace = namespace;
        this.program = program;
        this.device = device;
        this.configuration = Files.writeString(directory.resolve(device + ".conf"), wg);
        this.log = directory.resolve(device + ".log");
        this.commands = commands;
        this.ruleset = ruleset;
    }

    @Override
    public void start() throws IOException {
        Process started =
                new ProcessBuilder(namespace.inside(program, "-f", device))
                        .redirectInput(new File("/dev/null"))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .start();
        process = started;
        if (!Await.within(LIMIT, () -> !started.isAlive() || listens(controlSocket(device)))
                || !started.isAlive()) {
            throw new IOException(
                    program
                            + (started.isAlive()
                                    ? " makes no control socket"
                                    : " has ended by itself, exit " + started.exitValue())
                            + ", called as "
                            + program
                            + " -f "
                            + device
                            + ": "
                            + log().strip());
        }
        namespace.run("wg", "setconf", device, configuration.toString());
        Shell.run(namespace.inside("sh", "-e", "-s"), "DEV=" + device + "\n" + commands);
        namespace.nft(ruleset.replace("$DEV", device));
    }

    /**
     * Waits until a device takes commands. {@code wg} must not be asked whether it does: it removes
     * a socket that refuses it, as one does between bind and listen.
     */
    public static void awaitControlSocket(String program, String device) throws IOException {
        Await.until(LIMIT, program + "'s control socket", () -> listens(controlSocket(device)));
    }

    static boolean listens(Path socket) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (SocketException e) {
            return false; // not there yet, or not listening yet
        }
    }

    private static Path controlSocket(String device) {
        return Path.of("/var/run/wireguard", device + ".sock");
    }

    @Override
    public void stop() throws IOException {
        end(Process::destroy);
    }

    @Override
    public void kill() throws IOException {
        end(Process::destroyForcibly);
    }

    private void end(Consumer<Process> signal) throws IOException {
        Process running = process;
        if (running == null) {
            return;
        }
        signal.accept(running);
        try {
            running.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(device);
        }
        Files.deleteIfExists(controlSocket(device));
    }

    @Override
    public boolean alive() {
        return process != null && process.isAlive();
    }

    @Override
    public boolean killed() {
        return process != null && !process.isAlive() && process.exitValue() == KILLED;
    }

    @Override
    public long pid() {
        Process running = process;
        if (running == null) {
            throw new IllegalStateException("not started: " + device);
        }
        return running.pid();
    }

    @Override
    public String log() throws IOException {
        return Files.readString(log);
    }
}
