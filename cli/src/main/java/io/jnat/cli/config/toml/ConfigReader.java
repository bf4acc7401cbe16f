package io.jnat.cli.config.toml;

import io.jnat.cli.config.BadValue;
import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.Nearest;
import java.nio.file.Path;
import java.util.Set;

/**
 * From files to a validated configuration. Start reading at {@link #load}; {@link RelayReader} and
 * {@link RouterReader} read what only one role has, {@link CommonReader} what both have.
 */
public final class ConfigReader {
    private static final Set<String> RELAY_KEYS = Set.of("public", "pool", "site", "forward");
    private static final Set<String> ROUTER_KEYS =
            Set.of("lan", "wan", "others", "translation", "relay", "capture", "allow");

    /** Where the configuration lies when nobody says otherwise. */
    public static final Path DEFAULT_FILE = Path.of("/etc/jnat/jnat.toml");

    private ConfigReader() {}

    /**
     * Reads a file, and {@code conf.d/*.toml} beside it.
     *
     * @throws ConfigException with everything that is wrong, not only the first thing
     */
    public static LoadedConfig load(Path file) throws ConfigException {
        Problems problems = new Problems();
        TomlFiles files = new TomlFiles(problems);
        Section root = new Section(problems, "", files.read(file));
        JnatConfig config = isRelay(root) ? readRelay(root) : readRouter(root);
        if (problems.hasErrors()) {
            throw new ConfigException(problems.inOrder());
        }
        return new LoadedConfig(config, files.files(), problems.inOrder());
    }

    private static JnatConfig readRelay(Section root) {
        JnatConfig config = RelayReader.read(root);
        root.refuseUnknown(ROUTER_KEYS, "role \"router\"");
        return config;
    }

    private static JnatConfig readRouter(Section root) {
        JnatConfig config = RouterReader.read(root);
        root.refuseUnknown(RELAY_KEYS, "role \"relay\"");
        return config;
    }

    /** Without a role, the keys tell, so that their own errors are reported too. */
    private static boolean isRelay(Section root) {
        boolean looksLikeRelay = RELAY_KEYS.stream().anyMatch(root::has);
        return root.required(
                "role",
                text ->
                        switch (text) {
                            case "relay" -> true;
                            case "router" -> false;
                            default ->
                                    throw new BadValue(
                                            "\"relay\" or \"router\"",
                                            Nearest.to(text, Set.of("relay", "router")));
                        },
                "role = \"relay\" on the VPS, \"router\" on site",
                looksLikeRelay);
    }
}
