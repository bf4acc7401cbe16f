package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.bench.voice.Direction;
import io.jnat.cli.lab.LabCalls;
import io.jnat.cli.lab.NetworkLab;
import java.io.IOException;
import java.io.InterruptedIOException;
import org.junit.jupiter.api.Test;

/** The transfer beside the calls of {@code jnat bench}. */
final class TransferIT extends LaboratoryCommand {

    @Test
    void aTransferThatGetsNoConnectionIsNotTakenForAnInterruption() throws Exception {
        try (NetworkLab lab = NetworkLab.open()) {
            lab.namespace("vps")
                    .nft(
                            "table ip closed { chain in {"
                                    + " type filter hook prerouting priority 0;"
                                    + " meta l4proto tcp drop; }; }");
            IOException failure =
                    assertThrows(IOException.class, () -> LabCalls.bulk(lab, Direction.TO_SITE));
            assertFalse(failure instanceof InterruptedIOException, failure::toString);
            assertTrue(
                    String.valueOf(failure.getMessage()).contains("no TCP connection"),
                    failure::toString);
        }
    }
}
