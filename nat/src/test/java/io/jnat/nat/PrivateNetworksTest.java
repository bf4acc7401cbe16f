package io.jnat.nat;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the built-in names of networks mean: their borders, and just outside of them. */
@Tag("N41")
final class PrivateNetworksTest {
    private final Ipv4Ranges rfc1918 = Ipv4Ranges.of(NatConfig.RFC1918);
    private final Ipv4Ranges isPrivate = Ipv4Ranges.of(NatConfig.PRIVATE);

    @ParameterizedTest
    @CsvSource({
        "9.255.255.255, false, false",
        "10.0.0.0, true, true",
        "10.255.255.255, true, true",
        "11.0.0.0, false, false",
        "100.63.255.255, false, false",
        "100.64.0.0, false, true",
        "100.127.255.255, false, true",
        "100.128.0.0, false, false",
        "127.0.0.1, false, true",
        "169.254.1.1, false, true",
        "169.255.0.0, false, false",
        "172.15.255.255, false, false",
        "172.16.0.0, true, true",
        "172.31.255.255, true, true",
        "172.32.0.0, false, false",
        "192.167.255.255, false, false",
        "192.168.0.0, true, true",
        "192.168.255.255, true, true",
        "192.169.0.0, false, false",
        "224.0.0.1, false, true",
        "239.255.255.255, false, true",
        "255.255.255.255, false, true",
        "8.8.8.8, false, false"
    })
    void coversExactly(String address, boolean inRfc1918, boolean inPrivate) {
        assertEquals(inRfc1918, rfc1918.contains(Wire.ip(address)));
        assertEquals(inPrivate, isPrivate.contains(Wire.ip(address)));
    }
}
