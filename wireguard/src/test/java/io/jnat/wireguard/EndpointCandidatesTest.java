package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** When a name is looked up, and which of its addresses is next. */
@Tag("W28")
final class EndpointCandidatesTest {
    private static final long SECOND = 1_000_000_000L;

    private final EndpointCandidates candidates =
            new EndpointCandidates(new PeerEndpoint("relay.example", 51_820));

    @Test
    void nameIsLookedUpEveryThirtySecondsAtMost() {
        assertTrue(candidates.startLookup(0));
        candidates.onLookedUp(List.of());
        assertFalse(candidates.startLookup(30 * SECOND - 1));
        assertTrue(candidates.startLookup(30 * SECOND));
    }

    /** A name server that is gone has the system's resolver wait for minutes. */
    @Test
    void lookUpThatIsUnderWayIsNotBegunAgain() {
        assertTrue(candidates.startLookup(0));
        assertFalse(candidates.startLookup(300 * SECOND));
        candidates.onLookedUp(List.of());
        assertTrue(candidates.startLookup(300 * SECOND));
    }

    @Test
    void anotherNetworkHurriesOnlyWhatWasNotFound() {
        assertTrue(candidates.startLookup(0));
        candidates.onLookedUp(List.of());
        candidates.onNetworkChanged();
        assertTrue(candidates.startLookup(SECOND));
        candidates.onLookedUp(List.of(InetAddress.ofLiteral("192.0.2.1")));
        candidates.onNetworkChanged();
        assertFalse(candidates.startLookup(2 * SECOND));
    }

    @Test
    void addressesAreTriedInTurnIpv6FirstAndOthersFromTheirFirstOn() {
        assertNull(candidates.nextAddress());
        candidates.onLookedUp(addresses("192.0.2.1", "2001:db8::1"));
        assertEquals("[2001:db8::1]:51820", next());
        assertEquals("192.0.2.1:51820", next());
        assertEquals("[2001:db8::1]:51820", next());
        assertTrue(candidates.onLookedUp(addresses("192.0.2.7", "192.0.2.8")));
        assertEquals("192.0.2.7:51820", next());
        assertFalse(candidates.onLookedUp(addresses("192.0.2.7", "192.0.2.8")), "the same");
        assertEquals("192.0.2.8:51820", next());
    }

    private String next() {
        return String.valueOf(candidates.nextAddress());
    }

    private static List<InetAddress> addresses(String... literals) {
        return List.of(literals).stream().map(InetAddress::ofLiteral).toList();
    }
}
