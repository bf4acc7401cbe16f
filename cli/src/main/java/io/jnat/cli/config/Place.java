package io.jnat.cli.config;

import java.nio.file.Path;

/**
 * Where in a file something stands.
 *
 * @param file the file
 * @param line from 1; 0 when the whole file is meant
 * @param column from 1; 0 when the whole file is meant
 */
public record Place(Path file, int line, int column) implements Comparable<Place> {

    /** Where no line can be named. */
    public static Place wholeFile(Path file) {
        return new Place(file, 0, 0);
    }

    /** In the order in which people read: file, line, column. */
    @Override
    public int compareTo(Place other) {
        int byFile = file.compareTo(other.file);
        if (byFile != 0) {
            return byFile;
        }
        return line != other.line
                ? Integer.compare(line, other.line)
                : Integer.compare(column, other.column);
    }

    /** {@code file:line:column}, as editors and compilers have it. */
    @Override
    public String toString() {
        return line == 0 ? file.toString() : file + ":" + line + ":" + column;
    }
}
