package io.jnat.cli.demo;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How another {@code jnat} is started: the words before its arguments.
 *
 * @param words of the command line, the program first
 */
public record JnatCommand(List<String> words) {
    /** Beside the jar: what the build has written down of its classes. */
    private static final String ARCHIVE = "jnat.jsa";

    /** With the Java, the options and the classes that this process runs with. */
    public static JnatCommand ofThisProcess() {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // The launcher's flags for processes that stay; what users add comes later and wins.
        String stays = System.getenv("JNAT_SERVICE_FLAGS");
        if (stays != null && !stays.isBlank()) {
            words.addAll(List.of(stays.strip().split("\\s+", -1)));
            File jar = new File(System.getProperty("java.class.path"));
            File classes = new File(jar.getParentFile(), ARCHIVE);
            if (classes.lastModified() > jar.lastModified()) { // 0 if there is none
                words.add("-XX:SharedArchiveFile=" + classes);
            }
        }
        for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            // A debugger or agent of this process is not wanted in the others.
            if (!option.startsWith("-agent") && !option.startsWith("-javaagent")) {
                words.add(option);
            }
        }
        words.add("-cp");
        words.add(System.getProperty("java.class.path"));
        words.add("io.jnat.cli.Jnat");
        return new JnatCommand(List.copyOf(words));
    }

    /** With the launcher of a checkout, as a user types it. */
    public static JnatCommand ofLauncher(Path launcher) {
        return new JnatCommand(List.of(launcher.toString()));
    }

    /** The same with one more variable in its environment. */
    public JnatCommand with(String variable, String value) {
        List<String> with = new ArrayList<>(List.of("env", variable + "=" + value));
        with.addAll(words);
        return new JnatCommand(List.copyOf(with));
    }
}
