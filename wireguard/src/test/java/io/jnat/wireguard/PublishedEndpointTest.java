package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jnat.core.packet.Endpoint;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What people are shown of where a peer is and was. */
final class PublishedEndpointTest {
    private final PublishedEndpoint published = new PublishedEndpoint();

    @Test
    void lastEightPlacesAreReadOldestFirst() {
        List<String> places = new ArrayList<>();
        assertEquals(places, published.read());
        for (int move = 1; move <= 20; move++) {
            String place = "192.0.2." + move + ":4000";
            Endpoint endpoint = new Endpoint();
            endpoint.set(TestNode.address(place));
            published.publish(endpoint);
            places.add(place);
            assertEquals(places.subList(Math.max(0, move - 8), move), published.read());
        }
    }
}
