package io.jnat.cli;

import io.jnat.cli.config.toml.ConfigException;
import io.jnat.cli.config.toml.ConfigReader;
import io.jnat.cli.engine.ModuleClasses;
import io.jnat.cli.lab.LabFiles;
import io.jnat.tun.linux.Linux;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Loads what {@code jnat run} and {@code jnat wg} need at their start and does nothing with it, so
 * that a build can have the JVM write these classes down ({@code -XX:ArchiveClassesAtExit};
 * docs/decisions/003-start-up-cache.md).
 */
final class StartClasses {
    private StartClasses() {}

    /** Called by {@code cache_classes} of the build. */
    public static void main(String[] args) throws IOException, ConfigException {
        Path folder = Files.createTempDirectory("jnat-classes");
        try {
            LabFiles files = LabFiles.write(folder);
            Jnat.commandLine().parseArgs("run", "--config", files.relay().toString());
            ConfigReader.load(files.relay());
            ConfigReader.load(files.router());
        } finally {
            LabFiles.remove(folder);
        }
        boolean _ = Linux.isRoot(); // loads the library
        HeadStart.load();
        ModuleClasses.load(Jnat.class, name -> !name.contains("/bench/"));
    }
}
