package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Endpoint;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Where a peer is, and from where it is spoken to. */
final class PeerPlaceTest {
    private final PeerPlace place = new PeerPlace(new PeerCounters());

    /** What is sent there would go to whoever has the old address now. */
    @Test
    @Tag("W28")
    void nameThatIsNotYetLookedUpTakesThePlaceOfTheAddressBefore() {
        place.configure(new PeerEndpoint("192.0.2.1", 1000));
        assertTrue(place.endpoint().isSet());
        place.configure(new PeerEndpoint("relay.example", 1000));
        assertFalse(place.endpoint().isSet());
        assertTrue(place.isReachable(), "there is hope for one");
    }

    @Test
    @Tag("W27")
    void sourceThatIsNotSpokenFromIsToldOfItsOwnVersionOnly() {
        Endpoint refused = at("192.0.2.1:1000");
        refused.localLow = 0xc000_0209L;
        refused.localInterface = 3;
        place.move(refused);
        place.judgeSource(TestNode.copy(refused), false);
        assertFalse(place.endpoint().hasLocal());
        assertEquals(refused.localLow, place.path().localLow);
        place.move(at("[2001:db8::1]:1000"));
        assertFalse(place.path().hasLocal());
    }

    private static Endpoint at(String text) {
        Endpoint endpoint = new Endpoint();
        endpoint.set(TestNode.address(text));
        return endpoint;
    }
}
