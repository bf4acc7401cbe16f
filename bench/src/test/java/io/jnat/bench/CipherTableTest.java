package io.jnat.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.wireguard.crypto.vector.CipherChoice;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class CipherTableTest {
    @ParameterizedTest
    @EnumSource(names = {"JDK", "SCALAR"})
    void everySizeAndBurstHasALine(CipherChoice cipher) throws Exception {
        StringWriter out = new StringWriter();
        CipherTable.write(cipher, 1, new PrintWriter(out, true));
        List<String> lines = out.toString().lines().toList();
        assertTrue(lines.getFirst().startsWith("# "), lines::toString);
        assertEquals(2 + 4 * 6, lines.size());
    }
}
