package io.jnat.cli.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a laboratory has outside of its process, by names with that process's id: namespaces, a
 * folder, and sockets. Whose process is gone is removed before the next laboratory opens.
 */
final class LabLeftovers {
    private static final String PREFIX = "jnlab";
    private static final String FOLDER = "jnat-lab-";
    private static final Pattern FOLDER_NAME = Pattern.compile(FOLDER + "(\\d{1,9})-.*");

    /** Where the ends' sockets for {@code wg} are, whatever their namespace. */
    static final Path SOCKETS = Path.of("/var/run/wireguard");

    private static final Pattern SOCKET_NAME = Pattern.compile("(?:jnat|wg[rs](\\d{1,9}))\\.sock");

    private LabLeftovers() {}

    /** What the names of a process's namespaces begin with. */
    static String namespacePrefix(long pid) {
        return PREFIX + pid + "-";
    }

    /** What the name of this process's folder begins with. */
    static String folderPrefix() {
        return FOLDER + ProcessHandle.current().pid() + "-";
    }

    /** Removes namespaces and folders that a laboratory of a process that is gone has left. */
    static void removeAll() throws IOException {
        for (String name : Shell.run("ip", "netns", "list").lines().toList()) {
            if (!name.matches(PREFIX + "\\d+-.*")) {
                continue;
            }
            String pid = name.substring(PREFIX.length(), name.indexOf('-'));
            if (ProcessHandle.of(Long.parseLong(pid)).isEmpty()) {
                removeNamespaces(namespacePrefix(Long.parseLong(pid)));
            }
        }
        removeDeadSockets(SOCKETS);
        removeFolders();
    }

    /**
     * Sockets of ends that were killed. Another laboratory's wireguard-go may have made its own and
     * not listen yet; a jnat listens before it gives its socket the name.
     */
    static void removeDeadSockets(Path parent) throws IOException {
        if (!Files.isDirectory(parent)) {
            return;
        }
        try (DirectoryStream<Path> sockets = Files.newDirectoryStream(parent, "*.sock")) {
            for (Path socket : sockets) {
                Matcher name = SOCKET_NAME.matcher(socket.getFileName().toString());
                if (name.matches()
                        && (name.group(1) == null
                                || ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty())
                        && !WireguardGo.listens(socket)) {
                    Files.deleteIfExists(socket);
                }
            }
        }
    }

    /** Folders of the same processes: there are keys in them. Others' are let alone. */
    static void removeFolders() throws IOException {
        Path parent = Path.of(System.getProperty("java.io.tmpdir"));
        String ours = ProcessHandle.current().info().user().orElse("");
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, FOLDER + "*")) {
            for (Path folder : folders) {
                Matcher name = FOLDER_NAME.matcher(folder.getFileName().toString());
                if (name.matches() && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty()) {
                    removeFolder(folder, ours);
                }
            }
        }
    }

    private static void removeFolder(Path folder, String ours) throws IOException {
        try {
            if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                    && Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).getName().equals(ours)) {
                LabFiles.remove(folder);
            }
        } catch (IOException | UncheckedIOException failed) {
            if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                throw failed;
            }
        }
    }

    /** Another laboratory that begins may remove the same: what counts is that they are gone. */
    static void removeNamespaces(String prefix) throws IOException {
        StringBuilder commands = new StringBuilder();
        for (String name : namespacesOf(prefix)) {
            endProcessesIn(name);
            commands.append("netns del ").append(name).append('\n');
        }
        Shell.Result removed =
                Shell.attempt(List.of("ip", "-force", "-batch", "-"), commands.toString());
        if (removed.exitCode() != 0 && !namespacesOf(prefix).isEmpty()) {
            throw new IOException(removed.output().strip());
        }
    }

    private static List<String> namespacesOf(String prefix) throws IOException {
        return Shell.run("ip", "netns", "list")
                .lines()
                .map(line -> line.split(" ", 2)[0])
                .filter(name -> name.startsWith(prefix))
                .toList();
    }

    private static void endProcessesIn(String namespace) throws IOException {
        long self = ProcessHandle.current().pid();
        Shell.Result pids = Shell.attempt(List.of("ip", "netns", "pids", namespace), "");
        for (String pid :
                pids.exitCode() == 0 ? pids.output().lines().toList() : List.<String>of()) {
            long id = Long.parseLong(pid.strip());
            if (id != self) {
                ProcessHandle.of(id).ifPresent(ProcessHandle::destroyForcibly);
            }
        }
    }
}
