package io.jnat.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jnat.core.packet.Burst;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngineThreadTest {
    private final Burst burst = new Burst();

    @ParameterizedTest
    @CsvSource({
        "1, 62076, 8868, true", // a super-frame of seven packets of 8,908 bytes
        "3, 8920, 0, true",
        "2, 8920, 0, false",
        "1, 34736, 0, true", // a single packet, with an MTU of that size
        "1, 21160, 1408, false", // fifteen segments
        "1, 22568, 1408, true",
        "15, 1452, 0, false",
        "16, 1452, 0, true",
        "16, 80, 0, true",
        "15, 80, 0, false",
        "1, 1420, 0, false",
    })
    void bulkIsManySegmentsOrManyBytes(int packets, int bytes, int gsoSize, boolean bulk) {
        for (int at = 0; at < packets; at++) {
            burst.packets[at].length = bytes;
            burst.packets[at].gsoSize = gsoSize;
        }
        burst.count = packets;
        assertEquals(bulk, EngineThread.isBulk(burst));
    }

    @AfterEach
    void release() {
        burst.release();
    }
}
