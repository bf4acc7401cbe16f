package io.jnat.cli.lab;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LabFilesTest {
    @TempDir private Path folder;

    @Test
    void whereItsFilesCannotBeWrittenIsSaidWithWhatToDo() {
        Path none = folder.resolve("none");
        String said = assertThrows(IOException.class, () -> LabFiles.write(none)).getMessage();
        assertTrue(said.startsWith(none + ": cannot be written: "), said);
        assertTrue(said.endsWith("JNAT_JAVA_OPTS=-Djava.io.tmpdir=FOLDER"), said);
    }
}
