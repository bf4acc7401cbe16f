package io.jnat.cli.wiring;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The sockets of the host that wait for anybody, read from {@code /proc/net} without a program. The
 * kernel does not announce them; a look now and then tells whether others are there.
 */
final class Services {
    private static final int STATE = 3;
    private static final int LOCAL = 1;
    private static final String TCP_LISTENS = "0A";
    private static final String UDP_UNCONNECTED = "07";

    /** More than a host has; what is beyond is not looked at here. */
    private static final int MOST = 4096;

    private final Path folder;
    private Set<String> known;

    /** Reads what is there now. */
    Services(Path folder) {
        this.folder = folder;
        known = now();
    }

    /** Whether others are there than at the last call. */
    boolean changed() {
        Set<String> found = now();
        boolean changed = !found.equals(known);
        known = found;
        return changed;
    }

    private Set<String> now() {
        Set<String> found = new HashSet<>();
        // The sockets that listen come first; connections may be many.
        read("tcp", found, line -> field(line, STATE).equals(TCP_LISTENS));
        read("tcp6", found, line -> field(line, STATE).equals(TCP_LISTENS));
        read("udp", found, _ -> true);
        read("udp6", found, _ -> true);
        return found;
    }

    private void read(String protocol, Set<String> found, Predicate<String> goOn) {
        try (BufferedReader rows = Files.newBufferedReader(folder.resolve(protocol))) {
            rows.readLine();
            String line = rows.readLine();
            while (line != null && goOn.test(line) && found.size() < MOST) {
                String state = field(line, STATE);
                if (state.equals(TCP_LISTENS) || state.equals(UDP_UNCONNECTED)) {
                    found.add(protocol + ' ' + field(line, LOCAL));
                }
                line = rows.readLine();
            }
        } catch (IOException none) {
            // A kernel without IPv6 has no such file.
        }
    }

    private static String field(String line, int number) {
        String[] fields = line.strip().split(" +", number + 2);
        return fields.length > number ? fields[number] : "";
    }
}
