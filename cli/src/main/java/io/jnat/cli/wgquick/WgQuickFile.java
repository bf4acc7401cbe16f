package io.jnat.cli.wgquick;

import io.jnat.cli.config.GivenFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A {@code wg-quick} file, as {@code wg-quick(8)} and {@code wg(8)} describe it: one {@code
 * [Interface]}, any number of {@code [Peer]}.
 *
 * @param device what it says about this end
 * @param peers what it says about the others
 */
record WgQuickFile(Part device, List<Part> peers) {
    /** What is longer is hardly such a file, and to read it would take more than the heap. */
    private static final int MOST_BYTES = 1024 * 1024;

    /** Some editors put it in front: U+FEFF in UTF-8, read byte by byte. */
    private static final String BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf";

    private static final Set<String> INTERFACE_KEYS =
            Set.of(
                    "privatekey",
                    "listenport",
                    "fwmark",
                    "address",
                    "dns",
                    "mtu",
                    "table",
                    "preup",
                    "postup",
                    "predown",
                    "postdown",
                    "saveconfig");
    private static final Set<String> PEER_KEYS =
            Set.of("publickey", "presharedkey", "allowedips", "endpoint", "persistentkeepalive");

    WgQuickFile {
        peers = List.copyOf(peers);
    }

    /**
     * One line.
     *
     * @param key in lower case
     * @param value without blanks around it
     * @param line number, from 1
     */
    record Entry(String key, String value, int line) {}

    /**
     * One part.
     *
     * @param name from the comment in front of it or behind its head; null for none
     * @param line of its head, from 1
     * @param entries in the order of the file
     */
    record Part(@Nullable String name, int line, List<Entry> entries) {
        /** The last value of a key; null when it is not there. */
        @Nullable Entry last(String key) {
            Entry found = null;
            for (Entry entry : entries) {
                found = entry.key().equals(key) ? entry : found;
            }
            return found;
        }

        /** The values of a key that may be repeated, and hold lists. */
        List<Entry> all(String key) {
            List<Entry> found = new ArrayList<>();
            for (Entry entry : entries) {
                if (entry.key().equals(key)) {
                    for (String value : entry.value().split(",", -1)) {
                        if (!value.isBlank()) {
                            found.add(new Entry(key, value.strip(), entry.line()));
                        }
                    }
                }
            }
            return found;
        }
    }

    /**
     * Reads a file.
     *
     * @throws IOException naming file and line; never showing a key
     */
    static WgQuickFile read(Path file) throws IOException {
        List<String> lines = text(file).lines().toList();
        Part device = null;
        Part current = null;
        List<Part> peers = new ArrayList<>();
        boolean inDevice = false;
        String comment = null;
        for (int at = 0; at < lines.size(); at++) {
            String whole = lines.get(at);
            int hash = whole.indexOf('#');
            String line = (hash < 0 ? whole : whole.substring(0, hash)).strip();
            String said = hash < 0 ? "" : whole.substring(hash + 1).strip();
            int number = at + 1;
            if (line.isEmpty()) {
                comment = said.isEmpty() ? comment : said;
            } else if (line.equalsIgnoreCase("[interface]")) {
                if (device != null) {
                    throw wrong(file, number, "a second [Interface] (expected one)");
                }
                device = new Part(null, number, new ArrayList<>());
                current = device;
                inDevice = true;
                comment = null;
            } else if (line.equalsIgnoreCase("[peer]")) {
                current = new Part(said.isEmpty() ? comment : said, number, new ArrayList<>());
                peers.add(current);
                inDevice = false;
                comment = null;
            } else {
                add(file, number, line, current, inDevice);
            }
        }
        if (device == null) {
            throw new IOException(file + ": no [Interface] (expected a wg-quick file)");
        }
        return new WgQuickFile(device, peers);
    }

    private static String text(Path file) throws IOException {
        try (InputStream in = GivenFile.open(file)) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw new IOException(file + ": is longer than 1 MiB (expected a wg-quick file)");
            }
            String text = new String(bytes, StandardCharsets.ISO_8859_1);
            return text.startsWith(BYTE_ORDER_MARK)
                    ? text.substring(BYTE_ORDER_MARK.length())
                    : text;
        }
    }

    private static void add(
            Path file, int number, String line, @Nullable Part current, boolean isDevice)
            throws IOException {
        int equals = line.indexOf('=');
        if (equals < 1) {
            throw wrong(file, number, "not a section and not KEY = VALUE");
        }
        if (current == null) {
            throw wrong(file, number, "in front of any section (expected [Interface] first)");
        }
        String key = line.substring(0, equals).strip().toLowerCase(Locale.ROOT);
        if (!(isDevice ? INTERFACE_KEYS : PEER_KEYS).contains(key)) {
            String written = line.substring(0, equals).strip();
            throw wrong(
                    file,
                    number,
                    "unknown key " + written + " in " + (isDevice ? "[Interface]" : "[Peer]"));
        }
        current.entries().add(new Entry(key, line.substring(equals + 1).strip(), number));
    }

    static IOException wrong(Path file, int line, String what) {
        return new IOException(file + ":" + line + ": " + what);
    }
}
