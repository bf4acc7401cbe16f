package io.jnat.wireguard.uapi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.jnat.wireguard.AllowedIp;
import java.net.InetAddress;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class IpTextTest {
    private static String shown(AllowedIp prefix) {
        StringBuilder text = new StringBuilder();
        IpText.append(text, prefix);
        return text.toString();
    }

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0/0, 0.0.0.0/0",
        "255.255.255.255/32, 255.255.255.255/32",
        "10.1.2.3/8, 10.0.0.0/8",
        "::/0, ::/0",
        "::1/128, ::1/128",
        "1::/16, 1::/16",
        "2001:DB8:0:0:1:0:0:1/128, 2001:db8::1:0:0:1/128",
        "2001:db8:1:2:3:4:5:6/127, 2001:db8:1:2:3:4:5:6/127",
        "1:0:2:0:3:0:4:0/128, 1:0:2:0:3:0:4:0/128",
        "::ffff:1.2.3.4/128, ::ffff:102:304/128",
        "64:ff9b::1.2.3.4/96, 64:ff9b::/96",
        "1:2:3:4:5:6:7::/128, 1:2:3:4:5:6:7:0/128",
    })
    @Tag("W42")
    void readsAndWritesPrefixes(String text, String expected) {
        AllowedIp prefix = IpText.prefix(text);
        assertNotNull(prefix);
        assertEquals(expected, shown(prefix));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "1/1",
                "1.2.3.4.5/8",
                "1.2.3.4./8",
                ".1.2.3.4/8",
                "1..2.3/8",
                "1.2.3.4/08",
                "1.2.3.4/8/8",
                "1.2.3.4 /8",
                " 1.2.3.4/8",
                "1.2.3.4/8 ",
                "0x1.2.3.4/8",
                ":/0",
                ":::/0",
                "1:/16",
                ":1/16",
                "1:2:3:4:5:6:7/128",
                "1:2:3:4:5:6:7:8:9/128",
                "1::2::3/128",
                "1:2:3:4::5:6:7:8/128",
                "12345::/16",
                "g::/16",
                "::1.2.3/128",
                "1.2.3.4::/128",
                "::1.2.3.4:5/128",
                "fe80::1%1/64",
                "1:2:3:4:5:6:7:1.2.3.4/128",
                "١.2.3.4/8"
            })
    @Tag("W42")
    void refusesWhatIsNoPrefix(String text) {
        assertNull(IpText.prefix(text), text);
    }

    @Test
    @Tag("W42")
    void agreesWithTheJdkOnRandomAddresses() throws Exception {
        Random random = new Random(11);
        for (int round = 0; round < 5_000; round++) {
            boolean v6 = random.nextBoolean();
            byte[] bytes = new byte[v6 ? 16 : 4];
            for (int at = 0; at < bytes.length; at++) {
                bytes[at] = (byte) (random.nextInt(3) == 0 ? 0 : random.nextInt(256));
            }
            if (v6) {
                bytes[0] |= 0x20; // not mapped IPv4, which the JDK reads as IPv4
            }
            String text = InetAddress.getByAddress(bytes).getHostAddress() + "/" + (v6 ? 128 : 32);
            AllowedIp expected = AllowedIp.parse(text);
            AllowedIp read = IpText.prefix(text);
            assertEquals(expected, read, text);
            assertEquals(expected, IpText.prefix(shown(expected)), shown(expected));
            assertEquals(expected, AllowedIp.parse(shown(expected)));
        }
    }
}
