package io.jnat.cli.lab;

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

    /** With the Java, the options and the classes that this process runs with. */
    public static JnatCommand ofThisProcess() {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // The launcher's flags for processes that stay; what users add comes later and wins.
        String stays = System.getenv("JNAT_SERVICE_FLAGS");
        if (stays != null) {
            stays.lines().forEach(words::add);
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
