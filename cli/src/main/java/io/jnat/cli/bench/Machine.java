package io.jnat.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where it was measured.
 *
 * @param processor as it names itself
 * @param cores that the JVM may use
 * @param kernel of Linux
 * @param java version
 * @param jnat version
 */
record Machine(String processor, int cores, String kernel, String java, String jnat) {

    static Machine here() {
        String version = Machine.class.getPackage().getImplementationVersion();
        return new Machine(
                readProcessor(),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.version"),
                Runtime.version().toString(),
                version == null ? "(not packaged)" : version);
    }

    private static String readProcessor() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
                if (line.startsWith("model name")) {
                    return line.substring(line.indexOf(':') + 1).strip();
                }
            }
        } catch (IOException notLinux) {
            // Said below.
        }
        return System.getProperty("os.arch");
    }
}
