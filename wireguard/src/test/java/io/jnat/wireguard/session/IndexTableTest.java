package io.jnat.wireguard.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.wireguard.crypto.PacketKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Receiver indices. */
@Tag("W4")
final class IndexTableTest {
    private final IndexTable table = new IndexTable(new Random(1));

    @Test
    void indicesAreUniqueWhileAliveAndFoundAlsoAfterGrowth() {
        List<Reservation> all = new ArrayList<>();
        for (int number = 0; number < 5000; number++) {
            all.add(table.reserve(number));
        }
        for (int number = 0; number < all.size(); number++) {
            assertSame(all.get(number), table.entry(all.get(number).localIndex()));
            assertEquals(number, all.get(number).peer());
        }
        assertEquals(all.size(), all.stream().map(Reservation::localIndex).distinct().count());
        for (int number = 0; number < all.size(); number += 2) {
            table.remove(all.get(number));
        }
        for (int number = 0; number < all.size(); number++) {
            assertEquals(number % 2 == 1, table.entry(all.get(number).localIndex()) != null);
        }
        assertEquals(all.size() / 2, table.size());
    }

    @Test
    void takenIndexIsNotDrawnAgain() {
        int[] draws = {7, 7, 7, 9};
        int[] at = {0};
        IndexTable narrow = new IndexTable(() -> (long) draws[at[0]++] << 32);
        assertEquals(7, narrow.reserve(0).localIndex());
        assertEquals(9, narrow.reserve(1).localIndex());
    }

    @Test
    void reservationBecomesAKeypairInItsPlace() {
        Reservation reservation = table.reserve(3);
        assertNull(table.keypair(reservation.localIndex()));
        Keypair keypair = keypair(reservation, true);
        assertTrue(table.replace(reservation, keypair));
        assertSame(keypair, table.keypair(reservation.localIndex()));
        assertFalse(table.replace(reservation, keypair));
        table.remove(reservation);
        assertSame(keypair, table.keypair(reservation.localIndex()), "the reservation is gone");
        table.remove(keypair);
        assertNull(table.entry(keypair.localIndex()));
    }

    static Keypair keypair(Reservation index, boolean initiator) {
        return keypair(index, initiator, 1);
    }

    static Keypair keypair(Reservation index, boolean initiator, int remoteIndex) {
        byte[] key = new byte[32];
        key[0] = 1;
        PacketKey send = new PacketKey(key.clone());
        return new Keypair(index, remoteIndex, initiator, send, new PacketKey(key), 0, 0, "");
    }
}
