package io.jnat.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.PacketParser;
import io.jnat.core.wire.Protocol;
import io.jnat.core.wire.Udp;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which flows have brought large packets, and for how long that is remembered. */
final class LargeFlowsTest {
    private static final int SMALL = 204;
    private static final int LARGE = 1300;

    private final LargeFlows flows = new LargeFlows();
    private final Slab slab = Slab.allocate(2048);
    private final Packet packet = new Packet();
    private long nowNanos = TimeUnit.HOURS.toNanos(1);

    @AfterEach
    void free() {
        slab.close();
    }

    private void note(int port, int bytes, int flagsAndOffset) {
        long ip = slab.address();
        Memory.zero(ip, bytes);
        Ipv4.write(ip, 0, bytes, 64, Protocol.UDP, 0x0a00_0001, 0x0a00_0002);
        Udp.write(ip + Ipv4.MIN_HEADER_BYTES, port, 5060, bytes - Ipv4.MIN_HEADER_BYTES);
        Ipv4.setFlagsAndOffsetUpdatingChecksum(ip, flagsAndOffset);
        packet.reset(ip, bytes);
        assertEquals(null, PacketParser.parse(packet));
        flows.note(packet, nowNanos);
    }

    private boolean isLarge(int port) {
        long ip = slab.address();
        Udp.write(ip + Ipv4.MIN_HEADER_BYTES, port, 5060, SMALL);
        return flows.contains(ip, Ipv4.MIN_HEADER_BYTES);
    }

    @Test
    void aFlowOfSmallPacketsIsNotLarge() {
        note(1, SMALL, 0);
        note(2, LARGE, 0);
        assertFalse(isLarge(1));
        assertTrue(isLarge(2));
    }

    /** The rest of it, which nobody passes, could be any size. */
    @Test
    void aSmallFirstFragmentIsOfALargeFlow() {
        note(1, SMALL, Ipv4.MORE_FRAGMENTS);
        assertTrue(isLarge(1));
    }

    /** Where the others have their ports, it has data. */
    @Test
    void aLaterFragmentIsOfNoFlow() {
        note(1, LARGE, 1);
        assertFalse(isLarge(1));
    }

    @Test
    void aFlowIsLargeForTenSecondsAtLeastAndNotForEver() {
        note(1, LARGE, 0);
        nowNanos += TimeUnit.SECONDS.toNanos(10);
        note(2, LARGE, 0);
        assertTrue(isLarge(1));
        nowNanos += TimeUnit.SECONDS.toNanos(10);
        note(3, LARGE, 0);
        assertFalse(isLarge(1));
        assertTrue(isLarge(2));
    }
}
