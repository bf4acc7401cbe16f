package io.jnat.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/rfc-coverage.md}: each requirement of NAT, where it comes from, and the tests that
 * carry its number as a tag, read from the tests' own text. Written anew with {@code
 * -Djnat.write-expected=true}.
 */
final class RequirementCoverageIT {
    private static final Path ROOT = Path.of("..");
    private static final Path PAGE = ROOT.resolve("docs/rfc-coverage.md");
    private static final Pattern TAG = Pattern.compile("@Tag\\(\"(N[0-9]+)\"\\)");
    private static final Pattern TYPE = Pattern.compile("\\b(?:class|interface) (\\w+)");
    private static final Pattern METHOD =
            Pattern.compile("^    (?:public |private |default )?void (\\w+)\\(");

    private static final String HEAD =
            """
            # Coverage of the requirements of NAT
            Each requirement, where it comes from, and the tests that carry its number as a tag. Made from the tests by
            `RequirementCoverageIT`, which fails when this page is out of date; to write it anew:

                ./verify -pl cli -am -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false -Dit.test=RequirementCoverageIT -Dfailsafe.failIfNoSpecifiedTests=false -Djnat.write-expected=true

            | | requirement | source | tests |
            |---|---|---|---|
            """;

    /** A line of {@code requirements.txt}. */
    private record Requirement(String number, String source, String text) {}

    private static List<Requirement> requirements() throws IOException {
        List<Requirement> all = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("src/test/resources/requirements.txt"))) {
            if (!line.startsWith("#")) {
                String[] fields = line.split("\\s*\\|\\s*", -1);
                all.add(new Requirement(fields[0], fields[1], fields[2]));
            }
        }
        return all;
    }

    /** Test classes by requirement, each with its tagged methods; a class tag stands for all. */
    private static Map<String, Map<String, Set<String>>> tests() throws IOException {
        Map<String, Map<String, Set<String>>> tests = new TreeMap<>();
        for (String module : List.of("core", "tun", "nat", "wireguard", "bench", "cli")) {
            Path folder = ROOT.resolve(module).resolve("src/test/java");
            if (Files.isDirectory(folder)) {
                try (Stream<Path> files = Files.walk(folder)) {
                    for (Path file :
                            files.filter(each -> each.toString().endsWith(".java")).toList()) {
                        read(file, tests);
                    }
                }
            }
        }
        return tests;
    }

    private static void read(Path file, Map<String, Map<String, Set<String>>> tests)
            throws IOException {
        List<String> pending = new ArrayList<>();
        String type = "";
        for (String line : Files.readAllLines(file)) {
            Matcher tag = TAG.matcher(line);
            while (tag.find()) {
                pending.add(tag.group(1));
            }
            Matcher named = type.isEmpty() ? TYPE.matcher(line) : METHOD.matcher(line);
            if (line.startsWith(" *") || !named.find()) {
                continue;
            }
            String method = type.isEmpty() ? "" : named.group(1);
            type = type.isEmpty() ? named.group(1) : type;
            for (String number : pending) {
                tests.computeIfAbsent(number, none -> new TreeMap<>())
                        .computeIfAbsent(type, none -> new TreeSet<>())
                        .add(method);
            }
            pending.clear();
        }
    }

    private static String page() throws IOException {
        Map<String, Map<String, Set<String>>> tests = tests();
        StringBuilder page = new StringBuilder(HEAD);
        for (Requirement requirement : requirements()) {
            List<String> cells = new ArrayList<>();
            tests.getOrDefault(requirement.number(), new LinkedHashMap<>())
                    .forEach((type, methods) -> cells.add(cell(type, methods)));
            page.append(
                    "| %s | %s | %s | %s |\n"
                            .formatted(
                                    requirement.number(),
                                    requirement.text(),
                                    requirement.source(),
                                    String.join("; ", cells)));
        }
        return page.toString();
    }

    private static String cell(String type, Set<String> methods) {
        return methods.contains("") ? type + " (all)" : type + ": " + String.join(", ", methods);
    }

    @Test
    void thePageIsWhatTheTestsSay() throws IOException {
        if (Boolean.getBoolean("jnat.write-expected")) {
            Files.writeString(PAGE, page());
        }
        assertEquals(
                Files.readString(PAGE), page(), PAGE + " is out of date; its head says how to");
    }

    @Test
    void everyRequirementHasATestAndEveryTagARequirement() throws IOException {
        List<String> known = requirements().stream().map(Requirement::number).toList();
        Map<String, Map<String, Set<String>>> tests = tests();
        List<String> untested = new ArrayList<>(known);
        untested.removeAll(tests.keySet());
        assertEquals(List.of(), untested, "requirements without a test");
        assertTrue(known.containsAll(tests.keySet()), () -> "unknown: " + tests.keySet());
    }
}
