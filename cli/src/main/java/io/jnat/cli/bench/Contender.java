package io.jnat.cli.bench;

import io.jnat.cli.control.StatusReport;
import io.jnat.cli.lab.JnatCommand;
import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.WireguardGoEnds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** What stands at both ends of the tunnel. */
sealed interface Contender {
    /** For people, and in JSON. */
    String name();

    /** On the VPS. */
    TunnelEnd relay(NetworkLab lab, LabFiles files) throws IOException;

    /** On site. */
    TunnelEnd router(NetworkLab lab, LabFiles files) throws IOException;

    /** Whether an end has become as fast as it will be. */
    default boolean isSettled(TunnelEnd end) throws IOException {
        return true;
    }

    /** What an end says of itself; null if it does not. */
    default @Nullable StatusReport status(TunnelEnd end) throws IOException {
        return null;
    }

    /**
     * Relay and router as they are run.
     *
     * @param awake whether they keep their cores awake
     */
    record Jnat(JnatCommand command, boolean awake) implements Contender {
        private static final String KEEP_AWAKE = "\n[engine]\nawake = true\n";

        @Override
        public String name() {
            return "jnat";
        }

        @Override
        public JnatProcess relay(NetworkLab lab, LabFiles files) throws IOException {
            return new JnatProcess(lab.namespace("vps"), command, config(files.relay()));
        }

        @Override
        public JnatProcess router(NetworkLab lab, LabFiles files) throws IOException {
            return new JnatProcess(lab.namespace("site"), command, config(files.router()));
        }

        private Path config(Path file) throws IOException {
            return awake ? Files.writeString(file, KEEP_AWAKE, StandardOpenOption.APPEND) : file;
        }

        @Override
        public boolean isSettled(TunnelEnd end) throws IOException {
            return ((JnatProcess) end).isSettled();
        }

        @Override
        public StatusReport status(TunnelEnd end) throws IOException {
            return ((JnatProcess) end).status();
        }
    }

    /** A WireGuard program with wireguard-go's command line; the kernel's NAT around it. */
    record Other(Path program) implements Contender {
        @Override
        public String name() {
            return program.getFileName().toString();
        }

        @Override
        public TunnelEnd relay(NetworkLab lab, LabFiles files) throws IOException {
            return WireguardGoEnds.relay(lab, files, program.toString());
        }

        @Override
        public TunnelEnd router(NetworkLab lab, LabFiles files) throws IOException {
            return WireguardGoEnds.router(lab, files, program.toString());
        }
    }
}
