package io.jnat.cli.config.toml;

import io.jnat.cli.config.BadValue;
import io.jnat.cli.config.GivenFile;
import io.jnat.cli.config.Place;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/**
 * Reads a file and the {@code conf.d/*.toml} beside it, by name, as one table: tables are merged,
 * lists are added, and a single value that is set twice is an error that names both places.
 */
final class TomlFiles {
    /** What is longer is hardly a configuration, and to read it would take more than the heap. */
    private static final int MOST_BYTES = 512 * 1024;

    private final Problems problems;
    private final List<Path> files = new ArrayList<>();

    TomlFiles(Problems problems) {
        this.problems = problems;
    }

    /** What was read, the main file first. */
    List<Path> files() {
        return files;
    }

    Node.Table read(Path main) {
        Node.Table merged = new Node.Table(new Place(main, 1, 1), new LinkedHashMap<>());
        files.add(main);
        files.addAll(beside(main));
        for (Path file : files) {
            merge("", merged.entries(), parse(file).entries());
        }
        return merged;
    }

    private List<Path> beside(Path main) {
        Path folder = main.toAbsolutePath().resolveSibling("conf.d");
        List<Path> found = new ArrayList<>();
        if (!Files.isDirectory(folder)) {
            return found;
        }
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, "*.toml")) {
            for (Path file : stream) {
                if (!file.getFileName()
                        .toString()
                        .startsWith(".")) { // an editor's, as in the shell
                    found.add(file);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            problems.syntax(
                    Place.wholeFile(folder),
                    "cannot be read (expected a folder that this user may read)");
        }
        Collections.sort(found);
        return found;
    }

    private Node.Table parse(Path file) {
        Place whole = Place.wholeFile(file);
        TomlParseResult result;
        try {
            result = Toml.parse(text(file));
        } catch (BadValue tooLong) {
            problems.syntax(whole, "is too long (expected " + tooLong.expected() + ")");
            return new Node.Table(whole, Map.of());
        } catch (CharacterCodingException e) {
            problems.syntax(whole, "is not text (expected TOML in UTF-8)");
            return new Node.Table(whole, Map.of());
        } catch (IOException e) {
            problems.syntax(whole, unreadable(file));
            return new Node.Table(whole, Map.of());
        }
        for (TomlParseError error : result.errors()) {
            problems.syntax(place(file, error.position()), String.valueOf(error.getMessage()));
        }
        return table(file, whole, result);
    }

    private static String text(Path file) throws IOException, BadValue {
        try (InputStream in = GivenFile.open(file)) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw new BadValue("at most " + MOST_BYTES / 1024 + " KiB");
            }
            String text =
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            // Some editors put a byte order mark in front.
            return text.startsWith("\ufeff") ? text.substring(1) : text;
        }
    }

    static String unreadable(Path file) {
        if (!Files.exists(file)) {
            return "no such file";
        }
        String instead = GivenFile.instead(file);
        return instead.isEmpty()
                ? "cannot be read (expected a file that this user may read)"
                : instead;
    }

    private static Node.Table table(Path file, Place place, TomlTable table) {
        Map<String, Node> entries = new LinkedHashMap<>();
        for (String key : table.keySet()) {
            List<String> path = List.of(key);
            TomlPosition position = table.inputPositionOf(path);
            Object value = table.get(path);
            if (position != null && value != null) {
                entries.put(key, node(file, place(file, position), value));
            }
        }
        return new Node.Table(place, entries);
    }

    private static Node node(Path file, Place place, Object value) {
        return switch (value) {
            case TomlTable table -> table(file, place, table);
            case TomlArray array -> {
                List<Node> items = new ArrayList<>();
                for (int at = 0; at < array.size(); at++) {
                    TomlPosition position = array.inputPositionOf(at);
                    Place where = position == null ? place : place(file, position);
                    items.add(node(file, where, array.get(at)));
                }
                yield new Node.Items(place, items);
            }
            default -> new Node.Scalar(place, value);
        };
    }

    private static Place place(Path file, TomlPosition position) {
        return new Place(file, position.line(), position.column());
    }

    private void merge(String path, Map<String, Node> into, Map<String, Node> more) {
        more.forEach((key, node) -> {
            Node first = into.putIfAbsent(key, node);
            String name = path.isEmpty() ? key : path + "." + key;
            if (first instanceof Node.Table a && node instanceof Node.Table b) {
                merge(name, a.entries(), b.entries());
            } else if (first instanceof Node.Items a && node instanceof Node.Items b) {
                a.items().addAll(b.items());
            } else if (first != null) {
                problems.error(
                        node.place(),
                        name,
                        "set a second time (expected once; first at " + first.place() + ")");
            }
        });
    }
}
