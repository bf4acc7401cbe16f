package io.jnat.cli.lab;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a machine must have for the laboratory. */
public final class Requirements {

    private static final Map<String, String> PACKAGE_BY_TOOL = packages();

    /** Numbers of linux/capability.h. */
    private static final int CAP_NET_ADMIN = 12;

    private static final int CAP_SYS_ADMIN = 21;

    /** Without a limit, there is a word in place of the number; and no number has more digits. */
    private static final Pattern MOST_OPEN_FILES = Pattern.compile("Max open files +(\\d{1,9}) ");

    private Requirements() {}

    private static Map<String, String> packages() {
        Map<String, String> packages = new LinkedHashMap<>();
        packages.put("ip", "iproute2");
        packages.put("nft", "nftables");
        packages.put("conntrack", "conntrack");
        packages.put("ping", "iputils-ping");
        return packages;
    }

    /** True if this process may make network namespaces, as far as its user says. */
    public static boolean isRoot() {
        try {
            return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /**
     * What root lacks of the rights to make network namespaces, as in most containers; empty if
     * nothing.
     */
    public static List<String> missingCapabilities() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return missingCapabilities(
                    lines.filter(line -> line.startsWith("CapEff:")).findFirst().orElse(""));
        } catch (IOException | UncheckedIOException unknown) {
            return List.of();
        }
    }

    /** The same of a line of {@code /proc/PID/status}. */
    static List<String> missingCapabilities(String effective) {
        List<String> missing = new ArrayList<>();
        if (effective.startsWith("CapEff:")) {
            String number = effective.substring("CapEff:".length()).strip();
            long set = Long.parseUnsignedLong(number, 16);
            if ((set >> CAP_NET_ADMIN & 1) == 0) {
                missing.add("CAP_NET_ADMIN");
            }
            if ((set >> CAP_SYS_ADMIN & 1) == 0) {
                missing.add("CAP_SYS_ADMIN");
            }
        }
        return missing;
    }

    /**
     * Requires that this process, and each that it starts, may open so many files.
     *
     * @throws IOException saying how to allow it
     */
    public static void requireOpenFiles(int count) throws IOException {
        requireOpenFiles(count, Files.readString(Path.of("/proc/self/limits")));
    }

    /** The same of what {@code /proc/PID/limits} says. */
    static void requireOpenFiles(int count, String limits) throws IOException {
        Matcher most = MOST_OPEN_FILES.matcher(limits);
        if (most.find() && Integer.parseInt(most.group(1)) < count) {
            throw new IOException(
                    "this process may open only "
                            + most.group(1)
                            + " files (expected: at least "
                            + count
                            + "); allow it more: ulimit -n "
                            + count);
        }
    }

    /** True if there are TUN devices here. */
    public static boolean hasTun() {
        return Files.exists(Path.of("/dev/net/tun"));
    }

    /** The Debian packages whose tools are not found, in the order in which they are needed. */
    public static List<String> missingPackages() {
        List<String> missing = new ArrayList<>();
        PACKAGE_BY_TOOL.forEach((tool, debianPackage) -> {
            if (!isInstalled(tool)) {
                missing.add(debianPackage);
            }
        });
        return missing;
    }

    private static boolean isInstalled(String tool) {
        return inPath(tool) != null;
    }

    /**
     * A program by its path, or by its name as a shell would find it.
     *
     * @throws IOException if there is none
     */
    public static Path find(String program) throws IOException {
        Path found = program.contains("/") ? Path.of(program).toAbsolutePath() : inPath(program);
        if (found == null || Files.isDirectory(found) || !Files.isExecutable(found)) {
            throw new IOException(
                    program + ": no such program; install it, or give the path to it");
        }
        return found;
    }

    private static @Nullable Path inPath(String program) {
        String path = System.getenv().getOrDefault("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        for (String directory : path.split(File.pathSeparator, -1)) {
            Path candidate = Path.of(directory, program);
            if (Files.isExecutable(candidate)) {
                return candidate;
            }
        }
        return null;
    }
}
