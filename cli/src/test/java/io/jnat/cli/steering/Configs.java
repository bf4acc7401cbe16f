package io.jnat.cli.steering;

import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.RouterConfig;
import io.jnat.cli.config.toml.ConfigException;
import io.jnat.cli.config.toml.ConfigReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** The two example configurations, changed as a test wants them. */
final class Configs {
    private static final Path FOLDER = Path.of("src/test/resources/config");

    private Configs() {}

    static RelayConfig relay(Path folder, UnaryOperator<String> change)
            throws IOException, ConfigException {
        return (RelayConfig) ConfigReader.load(file(folder, "relay", change)).config();
    }

    static RouterConfig router(Path folder, UnaryOperator<String> change)
            throws IOException, ConfigException {
        return (RouterConfig) ConfigReader.load(file(folder, "router", change)).config();
    }

    private static Path file(Path folder, String role, UnaryOperator<String> change)
            throws IOException {
        Path key = folder.resolve(role + ".key");
        if (!Files.exists(key)) {
            Files.copy(FOLDER.resolve(role + ".key"), key);
        }
        String text = Files.readString(FOLDER.resolve(role + ".toml"));
        return Files.writeString(folder.resolve(role + ".toml"), change.apply(text));
    }
}
