package io.jnat.cli.e2e;

import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.Shell;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The launcher, where its surroundings are not those of a terminal. */
final class LauncherIT extends LaboratoryCommand {
    private static final String NOBODY = "65534:65534";
    private static final List<String> AS_NOBODY =
            List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");

    @Test
    void startsWithoutHomeAsASystemServiceDoes() throws Exception {
        ProcessBuilder version = launcher("version").redirectErrorStream(true);
        version.environment().remove("HOME");
        version.environment().remove("JAVA_HOME");
        Process process = version.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        assertTrue(said.startsWith("jnat "), said);
    }

    @Test
    void namesOfFilesAreUnderstoodInWhateverLocale() throws Exception {
        Path here = Path.of("..").toRealPath();
        Path clone = Files.createDirectory(directory.resolve("jürgens jnat"));
        Files.createDirectory(clone.resolve(".mvn"));
        for (String file : List.of("jnat", ".mvn/build.sh")) {
            Files.copy(here.resolve(file), clone.resolve(file), COPY_ATTRIBUTES);
        }
        Files.createSymbolicLink(clone.resolve("cli"), here.resolve("cli"));
        Path config = Files.writeString(clone.resolve("größe.toml"), "role = 1");
        for (String locale : List.of("C", "POSIX", "xx_XX.UTF-8", "C.UTF-8")) {
            ProcessBuilder check = launcher("config", "check", "--config", config.toString());
            check.command().set(0, clone.resolve("jnat").toString());
            check.environment().put("LC_ALL", locale);
            Process process = check.start();
            byte[] said = process.getErrorStream().readAllBytes();
            String text = new String(said, StandardCharsets.UTF_8);
            assertEquals(3, process.waitFor(), locale + ": " + text);
            assertTrue(text.contains("größe.toml:1:"), locale + ": " + text);
        }
        Files.delete(clone.resolve("cli"));
    }

    @Test
    void terminalThatUnderstandsNothingIsSentNothingButText() throws Exception {
        String launcher = launcher().command().getFirst();
        ProcessBuilder help =
                new ProcessBuilder("script", "-qec", "'" + launcher + "' key --help", "/dev/null");
        help.environment().put("JNAT_BUILD", "never");
        help.environment().put("TERM", "dumb");
        Process process = help.redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        assertTrue(said.contains("jnat key gen"), said);
        assertFalse(said.contains("\033"), said);
    }

    @Test
    void outputThatCannotBeWrittenIsAFailure() throws Exception {
        ProcessBuilder key = launcher("key", "gen").redirectOutput(new File("/dev/full"));
        Process process = key.start();
        String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(1, process.waitFor(), said);
        assertTrue(said.contains("could not be written"), said);
    }

    /** As of a unit of systemd, whose journal it is. */
    @Test
    void deviceStaysInTheBackgroundAlsoWhereStderrIsASocket() throws Exception {
        String onSocket =
                "import socket, subprocess, sys; ours, theirs = socket.socketpair();"
                        + " sys.exit(subprocess.run(sys.argv[1:], stderr=theirs).returncode)";
        assertDeviceStarts(Map.of("LOG_LEVEL", "verbose"), "python3", "-c", onSocket);
    }

    /** As something that starts daemons may call it. */
    @Test
    void deviceInTheForegroundNeedsNeitherInputNorErrors() throws Exception {
        String name = "jc" + ProcessHandle.current().pid();
        Path socket = Path.of("/var/run/wireguard", name + ".sock");
        ProcessBuilder wg = launcher("wg", "-f", name);
        wg.command().addAll(0, List.of("sh", "-c", "exec \"$0\" \"$@\" <&- 2>&-", "unshare", "-n"));
        Process process = wg.start();
        try {
            Await.within(Duration.ofSeconds(30), () -> Files.exists(socket) || !process.isAlive());
            assertTrue(process.isAlive(), "it has ended by itself");
            assertTrue(Files.exists(socket));
        } finally {
            Files.deleteIfExists(socket); // with it, the device ends
            boolean ended = process.waitFor(10, TimeUnit.SECONDS);
            process.destroyForcibly();
            assertTrue(ended);
        }
        assertEquals(0, process.exitValue());
    }

    /** To unpack a library at the start needs room in a folder for temporary files. */
    @Test
    void nothingHasToBeUnpackedAtTheStart() throws Exception {
        assertDeviceStarts(Map.of("JNAT_JAVA_OPTS", "-Djna.nounpack=true"));
    }

    /** As after a loss of power: what had not reached the disk is zeros. */
    @Test
    void damagedCacheIsLeftOut() throws Exception {
        ProcessBuilder version = launcher("version").redirectErrorStream(true);
        version.environment().put("JNAT_JAVA_OPTS", "-XX:AOTCache=" + damaged("jnat.aot"));
        Process process = version.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        assertDeviceStarts(
                Map.of("JNAT_JAVA_OPTS", "-XX:SharedArchiveFile=" + damaged("jnat.jsa")));
    }

    private Path damaged(String cache) throws Exception {
        byte[] bytes = Files.readAllBytes(Path.of("target", cache));
        Arrays.fill(bytes, bytes.length / 2, bytes.length, (byte) 0);
        return Files.write(directory.resolve(cache), bytes);
    }

    private void assertDeviceStarts(Map<String, String> environment, String... around)
            throws Exception {
        String name = "jl" + ProcessHandle.current().pid();
        Path socket = Path.of("/var/run/wireguard", name + ".sock");
        Path said = directory.resolve("said");
        ProcessBuilder wg = launcher("wg", name);
        wg.environment().putAll(environment);
        wg.command().addAll(0, List.of("unshare", "-n"));
        wg.command().addAll(0, List.of(around));
        Process process = wg.redirectErrorStream(true).redirectOutput(said.toFile()).start();
        try {
            assertTrue(process.waitFor(30, TimeUnit.SECONDS), () -> read(said));
            assertEquals(0, process.exitValue(), () -> read(said));
            assertTrue(Files.exists(socket), () -> read(said));
        } finally {
            Files.deleteIfExists(socket); // with it, the device ends
        }
    }

    @Test
    void whoMayNotLookIsNotToldThatThereIsNothing() throws Exception {
        List<String> mayStart = new ArrayList<>(AS_NOBODY);
        mayStart.addAll(List.of("test", "-x", launcher().command().getFirst()));
        assumeTrue(Shell.attempt(mayStart, "").exitCode() == 0, "a clone that is not for others");
        assertRefused(4, "ask as the user who runs it", "status");
        assertRefused(1, "run this as root", "service", "cleanup");
    }

    private void assertRefused(int exit, String advice, String... words) throws Exception {
        ProcessBuilder command = asNobody(launcher(words)).redirectErrorStream(true);
        command.environment().put("JNAT_RUNTIME_DIR", directory.toString());
        command.environment().put("JNAT_STATE_DIR", directory.toString());
        Process process = command.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(exit, process.waitFor(), said);
        assertTrue(said.contains(directory.toString()), said);
        assertTrue(said.contains(advice), said);
    }

    @Test
    void buildByRootThatIsInterruptedLeavesItsOwnerNothingThatIsRoots() throws Exception {
        Path clone =
                cloneOf(
                        NOBODY,
                        "mkdir -p core/target/classes; : >core/target/classes/new; exec sleep 60");
        Process building = inClone(clone, "./jnat", "version").start();
        Path begun = clone.resolve("core/target/classes/new");
        for (int turn = 0; turn < 500 && !Files.exists(begun); turn++) {
            Thread.sleep(20);
        }
        assertTrue(Files.exists(begun), () -> read(clone.resolveSibling("said")));
        building.destroy();
        assertEquals(130, building.waitFor(), () -> read(clone.resolveSibling("said")));
        assertEquals("", Shell.run("find", clone.toString(), "-user", "0"));
    }

    @Test
    void verifyOfWhatItCannotWriteSaysSoAndDoesNotPass() throws Exception {
        Path clone = cloneOf("0:0", ":");
        Files.createDirectory(clone.resolve("target"));
        Process verify = asNobody(inClone(clone, "./verify")).start();
        assertEquals(1, verify.waitFor(), () -> read(clone.resolveSibling("said")));
        String said = read(clone.resolveSibling("said"));
        assertTrue(said.contains("cannot be written; run ./verify as the owner of"), said);
        assertFalse(said.contains("waiting"), said);
    }

    @Test
    void ownerOfWhatAnotherUsersBuildHasLeftIsToldHowToGetItBack() throws Exception {
        Path clone = cloneOf(NOBODY, ":");
        Files.createDirectory(clone.resolve("target"));
        Process version = asNobody(inClone(clone, "./jnat", "version")).start();
        assertEquals(1, version.waitFor(), () -> read(clone.resolveSibling("said")));
        String said = read(clone.resolveSibling("said"));
        assertTrue(said.contains("sudo chown -R --reference=. target */target"), said);
    }

    @Test
    void cloneOnAReadOnlyFileSystemIsToldFromOneOfAnotherUser() throws Exception {
        Path clone = cloneOf("0:0", ":");
        String script =
                "mount --bind $0 $0 && mount -o remount,bind,ro $0 && cd $0 && exec ./jnat version";
        Process version =
                inClone(clone, "unshare", "-m", "sh", "-c", script, clone.toString()).start();
        assertEquals(1, version.waitFor(), () -> read(clone.resolveSibling("said")));
        String said = read(clone.resolveSibling("said"));
        assertTrue(said.contains("target cannot be written, not even by root; "), said);
        assertTrue(said.contains("JNAT_BUILD=never"), said);
    }

    @Test
    void failedBuildShowsMavensErrorsOnly() throws Exception {
        Path clone =
                cloneOf(
                        NOBODY,
                        "printf '\\033[0m\\033[0m[ERROR] no repository -> [Help 1]\\n[ERROR] Re-run with -X\\n'; exit 1");
        Process version = inClone(clone, "./jnat", "version").start();
        assertEquals(1, version.waitFor(), () -> read(clone.resolveSibling("said")));
        List<String> said = Files.readAllLines(clone.resolveSibling("said"));
        assertEquals(List.of("jnat: building", "[ERROR] no repository"), said.subList(0, 2));
        assertEquals(3, said.size(), said::toString);
    }

    /** A JDK can be put together without modules that jnat needs. */
    @Test
    void aJdkWithoutTheVectorModuleIsPassedOver() throws Exception {
        Path whole = Path.of(System.getProperty("java.home"));
        Path jdk = Files.createDirectory(directory.resolve("jdk"));
        Files.createSymbolicLink(jdk.resolve("bin"), whole.resolve("bin"));
        String release = Files.readString(whole.resolve("release"));
        Path copy = Files.writeString(jdk.resolve("release"), release);
        assertEquals(jdk.toString(), foundJdk(jdk));
        Files.writeString(copy, release.replace(" jdk.incubator.vector", ""));
        assertFalse(foundJdk(jdk).startsWith(directory.toString()));
    }

    private static String foundJdk(Path javaHome) throws Exception {
        ProcessBuilder find = new ProcessBuilder("bash", "-c", ". ../.mvn/build.sh; find_jdk");
        find.environment().put("JAVA_HOME", javaHome.toString());
        Process process = find.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        return said.lines().findFirst().orElse("");
    }

    /** What a build starts from, for a user, with something else in Maven's place. */
    private Path cloneOf(String owner, String maven) throws Exception {
        Path here = Path.of("..").toRealPath();
        Path clone = Files.createDirectory(directory.resolve("clone"));
        for (String module : List.of(".mvn", ".ci", "bin", "core", "cli")) {
            Files.createDirectory(clone.resolve(module));
        }
        for (String file : List.of("jnat", "verify", ".mvn/build.sh")) {
            Files.copy(here.resolve(file), clone.resolve(file), COPY_ATTRIBUTES);
        }
        Files.writeString(clone.resolve("pom.xml"), "");
        Files.writeString(clone.resolve(".ci/packages"), "maven build mvn\n");
        Path mvn = clone.resolve("bin/mvn");
        Files.writeString(mvn, "#!/bin/sh\ncd " + clone + "\n" + maven + "\n");
        Shell.run("chmod", "755", mvn.toString(), directory.toString());
        Shell.run("chown", "-R", owner, clone.toString());
        return clone;
    }

    private static ProcessBuilder inClone(Path clone, String... command) {
        ProcessBuilder builder = new ProcessBuilder(command).directory(clone.toFile());
        builder.environment().put("PATH", clone.resolve("bin") + ":" + System.getenv("PATH"));
        builder.environment().remove("JNAT_BUILD");
        Path said = clone.resolveSibling("said");
        return builder.redirectErrorStream(true).redirectOutput(said.toFile());
    }

    private static ProcessBuilder asNobody(ProcessBuilder builder) {
        builder.command().addAll(0, AS_NOBODY);
        return builder;
    }
}
