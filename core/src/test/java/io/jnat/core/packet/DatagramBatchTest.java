package io.jnat.core.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which datagrams may leave in one send that the kernel cuts. */
final class DatagramBatchTest {
    private final DatagramBatch batch = new DatagramBatch();
    private final Endpoint to = new Endpoint();

    DatagramBatchTest() {
        to.set(new InetSocketAddress("192.0.2.1", 51_820));
    }

    @AfterEach
    void release() {
        batch.release();
    }

    private void add(int... lengths) {
        for (int bytes : lengths) {
            batch.add(bytes, to, 0, 1);
        }
    }

    private List<Integer> runs() {
        List<Integer> counts = new ArrayList<>();
        int first = 0;
        for (int run = 0; run < batch.runs; run++) {
            assertEquals(first, batch.runFirst[run]);
            counts.add(batch.runCount[run]);
            first += batch.runCount[run];
        }
        assertEquals(batch.count, first);
        return counts;
    }

    /** Else the kernel would cut the one behind it somewhere. */
    @Test
    void shorterDatagramEndsItsRun() {
        add(1000, 1000, 500, 1000, 300, 300, 300);
        assertEquals(List.of(3, 2, 2), runs());
        assertEquals(2500, batch.runBytes[0]);
        batch.clear();
        add(1000, 500);
        batch.clear();
        add(1000, 1000);
        assertEquals(List.of(2), runs());
    }

    @Test
    void longerDatagramBeginsARun() {
        add(500, 1000, 1000);
        assertEquals(List.of(1, 2), runs());
    }

    @Test
    void runIsNoLongerThanOneSendTakes() {
        add(Collections.nCopies(100, 100).stream().mapToInt(bytes -> bytes).toArray());
        assertEquals(List.of(64, 36), runs());
        batch.clear();
        add(Collections.nCopies(100, 1400).stream().mapToInt(bytes -> bytes).toArray());
        assertEquals(List.of(46, 46, 8), runs());
    }

    @Test
    void runIsOfOnePeerOnePlaceAndOneTos() {
        Endpoint other = new Endpoint();
        other.set(new InetSocketAddress("192.0.2.1", 51_821));
        batch.add(100, to, 0, 1);
        batch.add(100, to, 0, 2);
        batch.add(100, to, 2, 2);
        batch.add(100, other, 2, 2);
        batch.add(100, other, 2, 2);
        assertEquals(List.of(1, 1, 1, 2), runs());
    }

    @Test
    void roomIsForSoManyDatagramsAndBytes() {
        add(new int[DatagramBatch.MAX_DATAGRAMS - 1]);
        assertTrue(batch.fits(1, DatagramBatch.MAX_BYTES));
        assertFalse(batch.fits(2, 0));
        add(100);
        batch.clear();
        add(100);
        assertTrue(batch.fits(1, DatagramBatch.MAX_BYTES - 100));
        assertFalse(batch.fits(1, DatagramBatch.MAX_BYTES - 99));
    }
}
