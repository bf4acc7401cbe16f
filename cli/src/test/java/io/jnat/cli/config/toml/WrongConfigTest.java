package io.jnat.cli.config.toml;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each {@code wrong/NAME.toml} has beside it {@code NAME.expected}: what jnat must say, line by
 * line, without the name of the file.
 */
final class WrongConfigTest {
    @TempDir private Path folder;

    static Stream<String> wrongFiles() throws IOException {
        try (Stream<Path> files = Files.list(Examples.FOLDER.resolve("wrong"))) {
            return files
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".toml"))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @Test
    void thereAreManyOfThem() throws IOException {
        assertTrue(wrongFiles().count() >= 40);
    }

    @Test
    void aFileThatIsTooLongIsNotRead() throws IOException {
        Path file = Files.writeString(folder.resolve("long.toml"), "#".repeat(513 * 1024));
        assertEquals(
                List.of(file + ": is too long (expected at most 512 KiB)"),
                Examples.problemsOf(file).stream().map(ConfigProblem::toString).toList());
    }

    @ParameterizedTest
    @MethodSource("wrongFiles")
    void saysWhereWhatAndWhatWasExpected(String name) throws IOException {
        Examples.copyTo(folder);
        Path wrong = Examples.FOLDER.resolve("wrong");
        Files.copy(wrong.resolve("other.txt"), folder.resolve("other.txt"));
        Path file = Files.copy(wrong.resolve(name), folder.resolve(name));
        List<String> said =
                Examples.problemsOf(file).stream()
                        .map(problem ->
                                problem.toString()
                                        .replace(file + ":", "")
                                        .replace(folder + "/", ""))
                        .toList();
        Path expected = wrong.resolve(name.replace(".toml", ".expected"));
        if (Boolean.getBoolean("jnat.write-expected")) {
            Files.write(expected, said);
        }
        assertEquals(Files.readAllLines(expected), said);
    }
}
