package io.jnat.cli.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RequirementsTest {
    @Test
    void whatRootLacksInAContainerIsNamed() {
        assertEquals(List.of(), Requirements.missingCapabilities("CapEff:\t000001ffffffffff"));
        assertEquals(
                List.of("CAP_SYS_ADMIN"),
                Requirements.missingCapabilities("CapEff:\t00000000a80435fb"));
        assertEquals(
                List.of("CAP_NET_ADMIN", "CAP_SYS_ADMIN"),
                Requirements.missingCapabilities("CapEff:\t00000000a80425fb"));
        assertEquals(List.of(), Requirements.missingCapabilities(""), "not known");
    }

    @Test
    void tooFewFilesAreNamedWithWhatAllowsMore() throws IOException {
        String limits =
                """
                Max processes             31543                31543                processes
                Max open files            %s                   4096                 files
                """;
        Requirements.requireOpenFiles(512, limits.formatted("512"));
        Requirements.requireOpenFiles(512, limits.formatted("unlimited"));
        IOException tooFew =
                assertThrows(
                        IOException.class,
                        () -> Requirements.requireOpenFiles(512, limits.formatted("64")));
        assertEquals(
                "this process may open only 64 files (expected: at least 512); allow it more:"
                        + " ulimit -n 512",
                tooFew.getMessage());
    }
}
