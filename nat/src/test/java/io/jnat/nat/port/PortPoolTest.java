package io.jnat.nat.port;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

final class PortPoolTest {
    private static final long SECOND = 1_000_000_000L;

    private final PortPool pool = new PortPool(new PortRandom(1, 2));

    @Test
    @Tag("N3")
    void wantedPortIsKeptWhenFree() {
        pool.open(1024, 60_999);
        assertEquals(5060, pool.take(5060, 1, 0));
        assertNotEquals(5060, pool.take(5060, 2, 0));
    }

    /** RFC 6056: whoever knows the ports of before does not know the next one. */
    @Test
    @Tag("N3")
    void replacementsAreSpreadOverAllFreePortsAndFollowNoOrder() {
        pool.open(1024, 65_535);
        pool.take(5060, 1, 0);
        int lower = 0;
        int ascents = 0;
        int before = 0;
        for (int at = 0; at < 1000; at++) {
            int port = pool.take(5060, 2 + at, 0);
            lower += port < 33_280 ? 1 : 0;
            ascents += port > before ? 1 : 0;
            before = port;
        }
        assertTrue(lower > 400 && lower < 600, lower + " in the lower half");
        assertTrue(ascents > 400 && ascents < 600, ascents + " above the one before");
    }

    @Test
    @Tag("N3")
    void lowPortIsReplacedByALowOneWhileThereIsOne() {
        pool.open(1, 65_535);
        assertEquals(123, pool.take(123, 1, 0));
        assertTrue(pool.take(123, 2, 0) < 1024);
        assertTrue(pool.take(5000, 1, 0) >= 1024);
        assertEquals(1024, pool.take(1024, 1, 0));
        assertTrue(pool.take(1024, 2, 0) > 1024);
        assertEquals(1023, pool.take(1023, 1, 0));
        assertTrue(pool.take(1023, 2, 0) < 1023);
    }

    @Test
    @Tag("N3")
    void lowPortIsReplacedByAHighOneWhenNoneIsOurs() {
        pool.open(1024, 60_999);
        assertTrue(pool.take(123, 1, 0) >= 1024);
    }

    @Test
    @Tag("N5")
    void freedPortRestsButNotForItsLastOwner() {
        pool.open(2000, 2000);
        assertEquals(2000, pool.take(2000, 7, 0));
        pool.release(2000, false, 0);
        assertEquals(PortPool.NONE, pool.take(2000, 8, 119 * SECOND));
        assertEquals(2000, pool.take(2000, 7, 119 * SECOND));
        pool.release(2000, false, 119 * SECOND);
        assertEquals(PortPool.NONE, pool.take(2000, 8, 238 * SECOND));
        assertEquals(2000, pool.take(2000, 8, 239 * SECOND + 1));
    }

    @Test
    @Tag("N5")
    void quietPortNeedNotRest() {
        pool.open(2000, 2000);
        pool.take(2000, 7, 0);
        pool.release(2000, true, 0);
        assertEquals(2000, pool.take(2000, 8, 0));
    }

    @Test
    @Tag("N5")
    void portTakenOutOfItsRestByItsOwnerStillRestsWhenItComesBackUnused() {
        pool.open(2000, 2000);
        pool.take(2000, 7, 0);
        pool.release(2000, false, 0);
        assertEquals(2000, pool.take(2000, 7, 10 * SECOND));
        pool.releaseUnused(2000, 10 * SECOND);
        assertEquals(PortPool.NONE, pool.take(2000, 8, 20 * SECOND));
        assertEquals(2000, pool.take(2000, 8, 131 * SECOND));
    }

    @Test
    @Tag("N5")
    void restIsOverHoweverLongNobodyHasAsked() {
        pool.open(2000, 2001);
        pool.take(2000, 7, 0);
        pool.release(2000, false, 0);
        long later = 30L * 24 * 3600 * SECOND;
        assertEquals(2000, pool.take(2000, 8, later));
        assertEquals(2001, pool.take(2001, 9, later));
        pool.release(2001, false, later);
        assertEquals(2001, pool.take(2001, 10, later + 121 * SECOND));
    }

    @Test
    @Tag("N5")
    void usedPortThatWasReservedMeanwhileIsNotGivenOutAgain() {
        pool.open(2000, 2001);
        assertEquals(2000, pool.take(2000, 7, 0));
        pool.reserve(2000, 2000);
        assertTrue(pool.isUsed(2000));
        pool.release(2000, true, 0);
        assertEquals(2001, pool.take(2000, 7, 0));
        assertEquals(PortPool.NONE, pool.take(2000, 7, 0));
    }

    /** A plain model beside the pool, over a million random operations. */
    @Test
    @Tag("N3")
    @Tag("N5")
    @Tag("N6")
    void noHistoryGivesOnePortToTwoOrAReservedOneToAnybody() {
        SplittableRandom random = new SplittableRandom(20_260_101);
        int[] owner = new int[65_536];
        int[] lastOwner = new int[65_536];
        boolean[] reserved = new boolean[65_536];
        long[] restEnd = new long[65_536];
        int[] taken = new int[65_536];
        int count = 0;
        long now = 0;
        pool.open(1, 65_535);
        for (int operation = 0; operation < 1_000_000; operation++) {
            now += random.nextInt(20_000_000);
            int kind = random.nextInt(1000);
            // Phases of growth and of decline, so that the pool is seen full and empty.
            boolean grow = (operation / 150_000 & 1) == 0;
            if (kind < 2) {
                int first = 1 + random.nextInt(65_535);
                int last = Math.min(65_535, first + random.nextInt(200));
                boolean reserve = random.nextBoolean();
                for (int port = first; port <= last; port++) {
                    reserved[port] = reserve;
                    restEnd[port] = reserve ? 0 : restEnd[port];
                }
                if (reserve) {
                    pool.reserve(first, last);
                } else {
                    pool.open(first, last);
                }
            } else if (kind < (grow ? 800 : 300) || count == 0) {
                int wanted = random.nextInt(65_536);
                int who = 1 + random.nextInt(50);
                int port = pool.take(wanted, who, now);
                if (port == PortPool.NONE) {
                    assertTrue(pool.freePorts() < 1024, "only low ports may be left");
                    continue;
                }
                assertEquals(0, owner[port], "given to two");
                assertFalse(reserved[port], "reserved");
                boolean resting = restEnd[port] - now / 1_000_000 > 0;
                assertTrue(!resting || (lastOwner[port] == who && port == wanted), "resting");
                owner[port] = who;
                taken[count++] = port;
            } else {
                int at = random.nextInt(count);
                int port = taken[at];
                taken[at] = taken[--count];
                boolean quiet = random.nextInt(4) == 0;
                pool.release(port, quiet, now);
                lastOwner[port] = owner[port];
                owner[port] = 0;
                restEnd[port] =
                        quiet || reserved[port] ? 0 : now / 1_000_000 + PortPool.REST_MILLIS;
            }
            assertEquals(count, pool.usedPorts());
        }
    }
}
