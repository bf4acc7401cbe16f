package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.TunnelEnd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Configurations that tests change while both ends run, and that hold again after each test. */
final class EditedConfigs implements BeforeEachCallback, AfterEachCallback {
    private final RunningLab lab;
    private String relayBefore = "";
    private String routerBefore = "";

    EditedConfigs(RunningLab lab) {
        this.lab = lab;
    }

    /** The relay's configuration as it was before the test. */
    String relayBefore() {
        return relayBefore;
    }

    /** Changes every place of a text in a file. */
    static void edit(Path file, String from, String to) throws IOException {
        String text = Files.readString(file);
        assertTrue(text.contains(from), from);
        Files.writeString(file, text.replace(from, to));
    }

    /** Has an end read its configuration again, which must have no errors. */
    static void reload(TunnelEnd end) throws IOException {
        ((JnatProcess) end).reload();
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        relayBefore = Files.readString(lab.files.relay());
        routerBefore = Files.readString(lab.files.router());
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        Files.writeString(lab.files.relay(), relayBefore);
        Files.writeString(lab.files.router(), routerBefore);
        reload(lab.relay);
        reload(lab.router);
    }
}
