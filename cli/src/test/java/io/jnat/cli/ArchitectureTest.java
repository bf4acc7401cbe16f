package io.jnat.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The walls of the house: which module and package may know what. A rule that gets in the way is
 * discussed, not worked around; the reasons are in {@code docs/decisions}.
 */
final class ArchitectureTest {

    private static final JavaClasses JNAT =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .importPackages("io.jnat");

    /** Packages that packets go through one by one or in bursts. */
    private static final String[] HOT = {
        "io.jnat.core.engine",
        "io.jnat.core.offload",
        "io.jnat.core.packet",
        "io.jnat.core.wire",
        "io.jnat.nat",
        "io.jnat.nat.flow",
        "io.jnat.nat.fragment",
        "io.jnat.nat.port",
        "io.jnat.nat.rewrite",
        "io.jnat.nat.rule",
        "io.jnat.wireguard.session",
    };

    @ParameterizedTest
    @CsvSource({
        "core, core",
        "tun, core tun",
        "nat, core nat",
        "wireguard, core wireguard",
        "bench, core tun nat wireguard bench",
    })
    void moduleKnowsOnly(String module, String known) {
        String[] packages =
                Stream.of(known.split(" "))
                        .map(name -> "io.jnat." + name + "..")
                        .toArray(String[]::new);
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.jnat." + module + "..")
                        .should()
                        .dependOnClassesThat(
                                resideInAPackage("io.jnat..")
                                        .and(not(resideInAnyPackage(packages)))));
    }

    @Test
    void onlyLinuxLinksUseJna() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackage("io.jnat.tun.linux")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("com.sun.jna.."));
    }

    @Test
    void onlyCapturesUsePcap4j() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackage("io.jnat.tun.pcap")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("org.pcap4j.."));
    }

    @Test
    void onlyWireGuardsCipherUsesTheVectorApi() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackage("io.jnat.wireguard.crypto.vector")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("jdk.incubator.."));
    }

    @Test
    void onlyCommandsPrintOrExit() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackage("io.jnat.cli..")
                        .should()
                        .accessField(System.class, "out")
                        .orShould()
                        .accessField(System.class, "err")
                        .orShould()
                        .callMethod(System.class, "exit", int.class)
                        .orShould()
                        .callMethod(Runtime.class, "exit", int.class)
                        .orShould()
                        .callMethod(Runtime.class, "halt", int.class)
                        .orShould()
                        .callMethod(Throwable.class, "printStackTrace"));
    }

    @Test
    void hotPathUsesNeitherStreamsNorReflection() {
        check(
                noClasses()
                        .that()
                        .resideInAnyPackage(HOT)
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage("java.util.stream", "java.lang.reflect"));
    }

    @Test
    void onlyTheClockReadsTheTime() {
        check(
                noClasses()
                        .that()
                        .resideInAnyPackage(
                                "io.jnat.core..", "io.jnat.nat..", "io.jnat.wireguard..")
                        .and()
                        .resideOutsideOfPackage("io.jnat.core.time")
                        .should()
                        .callMethod(System.class, "nanoTime")
                        .orShould()
                        .callMethod(System.class, "currentTimeMillis")
                        .orShould()
                        .callMethod(Instant.class, "now"));
    }

    @Test
    void noClassIsNamedAfterNothing() {
        check(
                classes()
                        .that()
                        .resideInAPackage("io.jnat..")
                        .should()
                        .haveNameNotMatching(
                                ".*(Util|Utils|Helper|Manager|Impl)|.*\\.Abstract[^.]*"));
    }

    @Test
    void everyPackageIsNullMarked() {
        assertAll(
                JNAT.getPackage("io.jnat").getSubpackagesInTree().stream()
                        .filter(aPackage -> !aPackage.getClasses().isEmpty())
                        .filter(aPackage -> !aPackage.getName().endsWith("jmh_generated"))
                        .map(ArchitectureTest::nullMarked));
    }

    private static org.junit.jupiter.api.function.Executable nullMarked(JavaPackage aPackage) {
        return () ->
                assertTrue(
                        aPackage.isAnnotatedWith(NullMarked.class),
                        () -> aPackage.getName() + " has no package-info.java with @NullMarked");
    }

    /** A module that the class path has lost would satisfy every rule. */
    @ParameterizedTest
    @CsvSource({"core", "tun", "nat", "wireguard", "bench", "cli"})
    void moduleIsLookedAt(String module) {
        assertTrue(JNAT.containPackage("io.jnat." + module));
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(JNAT);
    }
}
