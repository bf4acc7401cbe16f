package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** AllowedIPs against a slow reference, and their text form. */
@Tag("W23")
final class AllowedIpsTest {
    private record Entry(int domain, AllowedIp prefix) {}

    /** Nested, moved and removed prefixes of 2000 peers; 10,000 look-ups. */
    @Test
    void lookUpsAgreeWithASlowReference() {
        Random random = new Random(12);
        AllowedIps table = new AllowedIps();
        Map<Entry, Integer> model = new HashMap<>();
        List<Entry> entries = new ArrayList<>();
        for (int peer = 0; peer < 2000; peer++) {
            for (int number = 0; number < 3; number++) {
                Entry entry = randomEntry(random);
                int before = table.put(entry.domain(), entry.prefix(), peer);
                Integer expected = model.put(entry, peer);
                assertEquals(expected == null ? AllowedIps.NONE : expected, before);
                entries.add(entry);
            }
            if (peer % 10 == 9) {
                int gone = random.nextInt(peer);
                table.removeAll(gone);
                model.values().removeIf(owner -> owner == gone);
            }
        }
        for (int look = 0; look < 10_000; look++) {
            Entry near = entries.get(random.nextInt(entries.size()));
            AllowedIp prefix = near.prefix();
            long high = prefix.high();
            long low = prefix.low();
            int flip = random.nextInt(prefix.v6() ? 128 : 32);
            if (flip < 64) {
                low ^= 1L << flip;
            } else {
                high ^= 1L << (flip - 64);
            }
            assertEquals(
                    slowFind(model, near.domain(), prefix.v6(), high, low),
                    table.find(near.domain(), prefix.v6(), high, low));
        }
    }

    private static Entry randomEntry(Random random) {
        boolean v6 = random.nextBoolean();
        int length = random.nextInt((v6 ? 128 : 32) + 1);
        // few distinct bits, so that prefixes nest
        long high = random.nextInt(4) * 0x2001_0db8_0000_0000L;
        long low = (long) random.nextInt(8) << 28 | random.nextInt(16);
        return new Entry(random.nextInt(3), new AllowedIp(v6, high, low, length));
    }

    private static int slowFind(
            Map<Entry, Integer> model, int domain, boolean v6, long high, long low) {
        int found = AllowedIps.NONE;
        int longest = -1;
        for (Map.Entry<Entry, Integer> each : model.entrySet()) {
            AllowedIp prefix = each.getKey().prefix();
            if (each.getKey().domain() == domain
                    && prefix.v6() == v6
                    && prefix.prefixLength() > longest
                    && new AllowedIp(v6, high, low, prefix.prefixLength()).equals(prefix)) {
                found = each.getValue();
                longest = prefix.prefixLength();
            }
        }
        return found;
    }

    @ParameterizedTest
    @CsvSource({
        "10.1.2.3/8, 10.0.0.0/8",
        "10.1.2.3, 10.1.2.3/32",
        "0.0.0.0/0, 0.0.0.0/0",
        "255.255.255.255/1, 128.0.0.0/1",
        "fd00::1/64, fd00:0:0:0:0:0:0:0/64",
        "2001:db8::1, 2001:db8:0:0:0:0:0:1/128",
        "::/0, 0:0:0:0:0:0:0:0/0",
        "ffff::ffff/65, ffff:0:0:0:0:0:0:0/65",
    })
    void prefixesAreReadAndWritten(String text, String normal) {
        assertEquals(normal, AllowedIp.parse(text).toString());
        assertEquals(AllowedIp.parse(normal), AllowedIp.parse(text));
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.0/33", "fd00::/129", "10.0.0.0/-1", "10.0.0.0/x", "name/8", "10.0.0/8"})
    void wrongPrefixesAreRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> AllowedIp.parse(text));
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1:51820, 192.0.2.1:51820",
        "[2001:db8::1]:1, [2001:db8::1]:1",
        "relay.example.org:65535, relay.example.org:65535",
    })
    @Tag("W28")
    void endpointsAreReadAndWritten(String text, String normal) {
        assertEquals(normal, PeerEndpoint.parse(text).toString());
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.1", "192.0.2.1:0", "192.0.2.1:65536", "2001:db8::1:1", ":5", "a:b"})
    @Tag("W28")
    void wrongEndpointsAreRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> PeerEndpoint.parse(text));
    }
}
