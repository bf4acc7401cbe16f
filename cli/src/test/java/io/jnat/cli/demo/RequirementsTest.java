package io.jnat.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
}
