package io.jnat.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Options say what is wrong with them before anything is opened. */
final class OptionsTest {
    @ParameterizedTest
    @ValueSource(strings = {"jn0", "jnat%d", "%d", "abcdefghijklmno", "wg-home.1"})
    void namesThatLinuxTakes(String name) {
        assertEquals(name, new TunOptions(name, 1420, true).name());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "abcdefghijklmnop", "a b", "a/b", "a:b", ".", "..", "a%s", "%d%d", "ä"})
    void namesThatLinuxRefuses(String name) {
        IllegalArgumentException refused =
                assertThrows(
                        IllegalArgumentException.class, () -> new TunOptions(name, 1420, true));
        assertTrue(refused.getMessage().contains("expected"), refused.getMessage());
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1, 67, 65_536})
    void mtusThatLinuxRefuses(int mtu) {
        assertThrows(IllegalArgumentException.class, () -> new TunOptions("jn0", mtu, true));
    }

    @Test
    void portsAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> new SocketOptions(65_536, 0, true));
        assertThrows(IllegalArgumentException.class, () -> new SocketOptions(-1, 0, true));
    }
}
