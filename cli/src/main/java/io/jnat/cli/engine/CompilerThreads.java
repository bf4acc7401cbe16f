package io.jnat.cli.engine;

import io.jnat.tun.linux.Linux;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The threads on which the JVM compiles, found by the names that the kernel knows them by. The JVM
 * adds some and lets others end as it needs them; a new one has the nice value of the one that made
 * it.
 */
final class CompilerThreads {
    private static final Path ALL_THREADS = Path.of("/proc/self/task");
    private static final Pattern NAME = Pattern.compile("C[12] Compiler.*");

    private CompilerThreads() {}

    /** Their numbers at the moment. */
    static List<Integer> numbers() throws IOException {
        List<Integer> numbers = new ArrayList<>();
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(ALL_THREADS)) {
            for (Path thread : threads) {
                if (NAME.matcher(name(thread)).matches()) {
                    numbers.add(Integer.parseInt(thread.getFileName().toString()));
                }
            }
        }
        return numbers;
    }

    private static String name(Path thread) {
        try {
            return Files.readString(thread.resolve("comm")).strip();
        } catch (IOException ended) {
            return "";
        }
    }

    /** Sets the nice value of all, as far as the process may. */
    static void setNice(int nice) {
        try {
            for (int number : numbers()) {
                setNice(number, nice);
            }
        } catch (IOException noProc) {
            // nobody asked for it
        }
    }

    private static void setNice(int number, int nice) {
        try {
            Linux.setNiceOfThread(number, nice);
        } catch (IOException notAllowedOrEnded) {
            // nobody asked for it
        }
    }
}
