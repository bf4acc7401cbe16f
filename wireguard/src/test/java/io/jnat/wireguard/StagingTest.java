package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.core.stat.DropReason;
import io.jnat.wireguard.message.MessageType;
import io.jnat.wireguard.session.SessionCounters;
import io.jnat.wireguard.timer.WireGuardTiming;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Packets that wait for a session. */
@Tag("W24")
final class StagingTest {
    @AutoClose private final TwoPeers two = TwoPeers.connected();

    @Test
    void newest128PacketsAreKeptAndLeaveInOrder() {
        two.network.arrives = datagram -> false;
        for (int number = 0; number < 200; number++) {
            assertNull(two.left.send(two.toRight(number)));
        }
        assertEquals(128, two.left.peer(0).staged());
        assertEquals(72, two.left.device.drops(DropReason.TUNNEL_STAGE_OVERFLOW));
        two.network.arrives = datagram -> true;
        two.network.passSeconds(6);
        assertEquals(128, two.right.delivered.size());
        for (int at = 0; at < 128; at++) {
            assertArrayEquals(two.toRight(72 + at), two.right.delivered.get(at));
        }
        assertEquals(0, two.left.peer(0).staged());
        assertEquals(chunksOfAll(), two.left.device.staging().freeChunks());
    }

    /** Later it would leave beside others, and fragmented. */
    @Test
    void whatMeasuresThePathDoesNotWait() {
        two.left.send(two.toRight(0));
        two.network.settle();
        assertNull(two.left.measure(two.toRight(1)));
        two.network.settle();
        assertEquals(2, two.right.delivered.size());
        two.network.arrives = datagram -> false;
        two.network.passSeconds(200);
        assertEquals(DropReason.TUNNEL_NO_SESSION, two.left.measure(two.toRight(2)));
        assertEquals(0, two.left.peer(0).staged());
        assertNull(two.left.send(two.toRight(2)));
        assertEquals(DropReason.TUNNEL_NO_SESSION, two.left.measure(two.toRight(3)));
        assertEquals(1, two.left.peer(0).staged());
        two.network.arrives = datagram -> true;
        List<DropReason> reasons = new ArrayList<>();
        two.left.beforeTimers = () -> reasons.add(two.left.measure(two.toRight(4)));
        two.network.passSeconds(6);
        assertEquals(List.of(DropReason.TUNNEL_NO_SESSION), reasons, "another one goes first");
        assertEquals(3, two.right.delivered.size());
    }

    /**
     * The session comes while packets wait, and this happens before they leave: the session is
     * installed by a command, and the timer has not run yet.
     */
    private void sessionComesAnd(Runnable happens) {
        two.network.settle();
        two.network.arrives = datagram -> true;
        two.network.send(
                two.network.sent.stream()
                        .filter(d -> d.type() == MessageType.RESPONSE)
                        .findFirst()
                        .orElseThrow());
        two.left.beforeTimers = happens;
        two.network.settle();
    }

    @Test
    @Tag("W29")
    void packetThatFindsNoRoomBehindThoseThatWaitLeavesWithTheNextBatch() {
        two.network.arrives = datagram -> datagram.type() != MessageType.RESPONSE;
        try (Slab slab = Slab.allocate(70_000)) {
            Packet most = DataTest.udpSuperFrame(slab, new byte[64 * 100], 100);
            for (int number = 0; number < DatagramBatch.MAX_DATAGRAMS / 64 - 1; number++) {
                assertNull(two.left.send(most));
            }
            for (int number = 0; number < 20; number++) {
                assertNull(two.left.send(two.toRight(number)));
            }
            Packet again = DataTest.udpSuperFrame(slab, new byte[64 * 100], 100);
            sessionComesAnd(() -> assertNull(two.left.send(again)));
        }
        assertEquals(DatagramBatch.MAX_DATAGRAMS + 20, two.right.delivered.size());
        for (int at = 0; at < 20; at++) {
            byte[] waited = two.right.delivered.get(DatagramBatch.MAX_DATAGRAMS - 64 + at);
            assertArrayEquals(two.toRight(at), waited);
        }
    }

    @Test
    @Tag("W14")
    void packetBehindThoseThatWaitStopsAtTheLimitToo() {
        two.network.arrives = datagram -> datagram.type() != MessageType.RESPONSE;
        for (int number = 0; number < 4; number++) {
            two.left.send(two.toRight(number));
        }
        sessionComesAnd(() -> {
            SessionCounters.set(
                    two.left.device.peer(0).sessions().current(),
                    WireGuardTiming.REJECT_AFTER_MESSAGES - 4);
            two.left.send(two.toRight(4));
        });
        assertEquals(4, two.right.delivered.size());
        assertEquals(1, two.left.peer(0).staged());
    }

    @Test
    @Tag("W29")
    void packetThatComesWithTheNewSessionGoesBehindThoseThatWait() {
        two.network.arrives = datagram -> datagram.type() != MessageType.RESPONSE;
        for (int number = 0; number < 20; number++) {
            two.left.send(two.toRight(number));
        }
        sessionComesAnd(() -> two.left.send(two.toRight(20)));
        assertEquals(21, two.right.delivered.size());
        for (int at = 0; at <= 20; at++) {
            assertArrayEquals(two.toRight(at), two.right.delivered.get(at));
        }
    }

    @Test
    void largePacketsThatWaitAreSentInOrder() {
        two.left.link.deviceMtu(40_000);
        two.network.arrives = datagram -> false;
        List<byte[]> sent = new ArrayList<>();
        for (int number = 0; number < 14; number++) {
            byte[] inner = two.toRight(30_000 + number);
            sent.add(inner);
            two.left.send(inner);
        }
        assertEquals(14, two.left.peer(0).staged());
        two.network.arrives = datagram -> true;
        two.network.passSeconds(6);
        assertEquals(14, two.right.delivered.size());
        for (int at = 0; at < 14; at++) {
            assertArrayEquals(sent.get(at), two.right.delivered.get(at));
        }
    }

    @Test
    void moreThanABatchHoldsIsSentInOrderOverSeveral() {
        two.network.arrives = datagram -> datagram.type() != MessageType.RESPONSE;
        int frames = 2 * DatagramBatch.MAX_DATAGRAMS / 64;
        try (Slab slab = Slab.allocate(70_000)) {
            for (int number = 0; number <= frames; number++) {
                byte[] payload = new byte[64 * 100];
                Arrays.fill(payload, (byte) number);
                assertNull(two.left.send(DataTest.udpSuperFrame(slab, payload, 100)));
            }
        }
        sessionComesAnd(() -> {});
        assertEquals((frames + 1) * 64, two.right.delivered.size());
        for (int at = 0; at < two.right.delivered.size(); at++) {
            assertEquals(at / 64, two.right.delivered.get(at)[28]);
        }
    }

    @Test
    void memoryIsBoundedAndTheOldestMakesRoom() {
        two.left.link.deviceMtu(65_000);
        two.network.arrives = datagram -> false;
        for (int number = 0; number < 100; number++) {
            assertNull(two.left.send(two.toRight(60_000)));
        }
        int chunks = chunksOfAll();
        assertTrue(two.left.device.staging().freeChunks() >= chunks * 3 / 4, "a quarter a peer");
        assertEquals(chunks / 4 / 30, two.left.peer(0).staged());
    }

    @Test
    void giveUpDropsAndFrees() {
        two.network.arrives = datagram -> false;
        for (int number = 0; number < 10; number++) {
            two.left.send(two.toRight(1000));
        }
        two.network.passSeconds(91);
        assertEquals(10, two.left.device.drops(DropReason.TUNNEL_NO_SESSION));
        assertEquals(chunksOfAll(), two.left.device.staging().freeChunks());
    }

    @Test
    void removedPeerFreesWhatWaitedForIt() {
        two.network.arrives = datagram -> false;
        for (int number = 0; number < 10; number++) {
            two.left.send(two.toRight(1000));
        }
        two.left.device.submit(new DeviceCommand.RemovePeer(two.right.publicKey));
        two.network.settle();
        assertEquals(chunksOfAll(), two.left.device.staging().freeChunks());
    }

    @Test
    void exactly128PacketsWaitWithoutALoss() {
        two.network.arrives = datagram -> false;
        for (int number = 0; number < 128; number++) {
            assertNull(two.left.send(two.toRight(number)));
        }
        assertEquals(0, two.left.device.drops(DropReason.TUNNEL_STAGE_OVERFLOW));
        two.left.send(two.toRight(128));
        assertEquals(1, two.left.device.drops(DropReason.TUNNEL_STAGE_OVERFLOW));
        assertEquals(128, two.left.peer(0).staged());
    }

    /** The pool against a plain queue, over a random history. */
    @Test
    void poolAgreesWithAQueueOfCopies() {
        Random random = new Random(6);
        StagingPool pool = new StagingPool(256 * StagingPool.CHUNK_BYTES);
        StagingPool.Queue[] queues = {
            new StagingPool.Queue(), new StagingPool.Queue(), new StagingPool.Queue()
        };
        List<ArrayDeque<byte[]>> models =
                List.of(new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>());
        Packet packet = new Packet();
        try (Slab slab = Slab.allocate(70_000)) {
            for (int step = 0; step < 20_000; step++) {
                int which = random.nextInt(3);
                if (random.nextBoolean()) {
                    byte[] bytes =
                            new byte[1 + random.nextInt(random.nextInt(10) == 0 ? 65_000 : 3000)];
                    random.nextBytes(bytes);
                    if (pool.hasRoom(queues[which], bytes.length)) {
                        Memory.copy(bytes, 0, slab.address(), bytes.length);
                        packet.reset(slab.address(), bytes.length);
                        packet.outPeer = step;
                        pool.append(queues[which], packet);
                        models.get(which).add(bytes);
                    }
                } else if (!models.get(which).isEmpty()) {
                    Packet first = pool.first(queues[which]);
                    byte[] got = new byte[first.length];
                    Memory.copy(first.address, got, 0, got.length);
                    assertArrayEquals(models.get(which).poll(), got);
                    pool.removeFirst(queues[which]);
                }
                assertEquals(models.get(which).size(), queues[which].packets());
            }
            for (int which = 0; which < 3; which++) {
                while (!queues[which].isEmpty()) {
                    pool.removeFirst(queues[which]);
                }
            }
            assertEquals(256, pool.freeChunks());
        } finally {
            pool.release();
        }
    }

    private static int chunksOfAll() {
        return DeviceConfig.DEFAULT_STAGING_BYTES / StagingPool.CHUNK_BYTES;
    }
}
