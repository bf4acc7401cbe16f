package io.jnat.cli;

import io.jnat.cli.config.HostPort;
import io.jnat.cli.config.KeyFiles;
import io.jnat.cli.config.Nearest;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.SiteConfig;
import io.jnat.cli.config.toml.ConfigException;
import io.jnat.cli.config.toml.ConfigReader;
import io.jnat.cli.wgquick.WgQuickExport;
import io.jnat.nat.rule.NatConfig;
import io.jnat.wireguard.WireGuardKey;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jnat site …}: the relay's sites. */
@Command(
        name = "site",
        description = "The relay's sites.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        subcommands = SiteCommand.Export.class,
        footerHeading = "%nExample:%n",
        footer = "  jnat site export phone --with-keys --out phone.conf")
final class SiteCommand {

    private SiteCommand() {}

    /** {@code jnat site export}: for a device that runs WireGuard itself. */
    @Command(
            name = "export",
            description = {
                "Write the file with which a device that runs WireGuard itself becomes a site.",
                "Without --with-keys it holds no secret. With it, it holds the preshared key, if"
                        + " there is one, and a private key: the one of --private-key-file, or a new"
                        + " one, whose public key then belongs into the relay's configuration."
            },
            mixinStandardHelpOptions = true,
            footerHeading = "%nExamples:%n",
            footer = {
                "  jnat site export phone --format wg-quick",
                "  jnat site export phone --with-keys --out phone.conf \\",
                "    --endpoint relay.example.org:51820"
            })
    static final class Export implements Callable<Integer> {
        /** What can be written. */
        enum Format {
            WG_QUICK;

            @Override
            public String toString() {
                return "wg-quick";
            }
        }

        @Spec private CommandSpec spec;

        @Parameters(paramLabel = "SITE", description = "Its name in the configuration.")
        private String name = "";

        @Option(names = "--config", paramLabel = "FILE", description = "Default: ${DEFAULT-VALUE}.")
        private Path file = ConfigReader.DEFAULT_FILE;

        @Option(
                names = "--format",
                description = "${COMPLETION-CANDIDATES}; there is no other yet.")
        private Format format = Format.WG_QUICK;

        @Option(names = "--with-keys", description = "Write secrets too.")
        private boolean withKeys;

        @Option(
                names = "--private-key-file",
                paramLabel = "FILE",
                description = "Holds the site's private key.")
        private @Nullable Path privateKeyFile;

        @Option(
                names = "--endpoint",
                paramLabel = "HOST:PORT",
                description =
                        "Where the relay is reached. Default: the public interface's public IPv4"
                                + " address, if it has one here, and the tunnel's port.")
        private @Nullable String endpoint;

        @Option(
                names = "--out",
                paramLabel = "FILE",
                description = "Write it there, for its owner only, instead of printing it.")
        private @Nullable Path out;

        @Override
        public Integer call() {
            try {
                return export();
            } catch (ConfigException e) {
                return ConfigCommand.refuse(spec, file, e);
            } catch (FileAlreadyExistsException there) {
                return fail(there.getFile() + ": is there already; it is never overwritten");
            } catch (IOException failure) {
                return fail(IoReason.of(failure));
            }
        }

        private int export() throws ConfigException, IOException {
            if (!(ConfigReader.load(file).config() instanceof RelayConfig relay)) {
                return fail(file + " is a router's; sites are exported on the relay");
            }
            SiteConfig site = null;
            for (SiteConfig each : relay.sites()) {
                site = each.name().equals(name) ? each : site;
            }
            if (site == null) {
                List<String> names = relay.sites().stream().map(SiteConfig::name).toList();
                String nearest = Nearest.to(name, names);
                return fail(
                        name
                                + ": no such site in "
                                + file
                                + " (there are: "
                                + String.join(", ", names)
                                + (nearest == null ? ")" : "; did you mean \"" + nearest + "\"?)"));
            }
            String where = endpoint == null ? ownEndpoint(relay) : givenEndpoint(endpoint);
            if (where == null) {
                return fail(
                        relay.wan()
                                + " has no public IPv4 address here; say where the relay is reached:"
                                + " --endpoint relay.example.org:"
                                + relay.instance().tunnel().listen());
            }
            WireGuardKey secret = withKeys ? secret() : null;
            write(
                    switch (format) {
                        case WG_QUICK -> WgQuickExport.of(relay, site, where, secret);
                    });
            sayWhatToDo(site, secret);
            return ExitCode.OK;
        }

        private String givenEndpoint(String text) {
            try {
                return HostPort.of(text).toString();
            } catch (IllegalArgumentException wrong) {
                throw new ParameterException(
                        spec.commandLine(), "--endpoint: " + wrong.getMessage());
            }
        }

        private WireGuardKey secret() throws IOException {
            Path own = privateKeyFile;
            return own == null
                    ? WireGuardKey.generatePrivate()
                    : WireGuardKey.of(KeyFiles.read(own));
        }

        private void write(String text) throws IOException {
            if (out != null) {
                KeyFiles.createPrivate(out, text);
            } else {
                spec.commandLine().getOut().print(text);
                spec.commandLine().getOut().flush();
            }
        }

        private void sayWhatToDo(SiteConfig site, @Nullable WireGuardKey secret) {
            PrintWriter err = spec.commandLine().getErr();
            if (secret == null) {
                err.println(
                        "note: without keys; put the site's private key in, or use --with-keys");
                return;
            }
            String publicKey = secret.publicKey().base64();
            if (!publicKey.equals(site.publicKey().toString())) {
                err.println(
                        "note: set public-key = \""
                                + publicKey
                                + "\" for site "
                                + site.name()
                                + " ("
                                + site.place()
                                + "), and restart or reload the relay: before, the site gets no"
                                + " answer");
            }
        }

        /**
         * Behind a provider's translation, the interface has an address that nobody else reaches.
         */
        private static @Nullable String ownEndpoint(RelayConfig relay) throws IOException {
            NetworkInterface device = NetworkInterface.getByName(relay.wan());
            if (device == null) {
                return null;
            }
            for (InetAddress address : java.util.Collections.list(device.getInetAddresses())) {
                if (address instanceof Inet4Address && !isPrivate(address)) {
                    return address.getHostAddress() + ":" + relay.instance().tunnel().listen();
                }
            }
            return null;
        }

        private static boolean isPrivate(InetAddress address) {
            int bits = ByteBuffer.wrap(address.getAddress()).getInt();
            return NatConfig.PRIVATE.stream().anyMatch(network -> network.contains(bits));
        }

        private int fail(String message) {
            spec.commandLine().getErr().println("jnat: " + message);
            return ExitCode.FAILED;
        }
    }
}
