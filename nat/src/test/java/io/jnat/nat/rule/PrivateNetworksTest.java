package io.jnat.nat.rule;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is not the internet: its borders, and just outside of them. */
@Tag("N41")
final class PrivateNetworksTest {
    private final Ipv4Ranges isPrivate = Ipv4Ranges.of(NatConfig.PRIVATE);

    @ParameterizedTest
    @CsvSource({
        "9.255.255.255, false",
        "10.0.0.0, true",
        "10.255.255.255, true",
        "11.0.0.0, false",
        "100.63.255.255, false",
        "100.64.0.0, true",
        "100.127.255.255, true",
        "100.128.0.0, false",
        "127.0.0.1, true",
        "169.254.1.1, true",
        "169.255.0.0, false",
        "172.15.255.255, false",
        "172.16.0.0, true",
        "172.31.255.255, true",
        "172.32.0.0, false",
        "192.167.255.255, false",
        "192.168.0.0, true",
        "192.168.255.255, true",
        "192.169.0.0, false",
        "224.0.0.1, true",
        "239.255.255.255, true",
        "255.255.255.255, true",
        "8.8.8.8, false"
    })
    void coversExactly(String address, boolean inPrivate) {
        assertEquals(inPrivate, isPrivate.contains(Ipv4Prefix.parseAddress(address)));
    }
}
