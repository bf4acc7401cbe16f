package io.jnat.tun.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.DatagramTransmitter;
import io.jnat.core.engine.PacketTransmitter;
import io.jnat.core.engine.ReadySet;
import io.jnat.core.engine.Receiver;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.tun.Allocation;
import io.jnat.tun.SendFault;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Links in memory behave as the real ones do, and fail as they are told to. */
final class SimulatedLinksTest {
    private final SimulatedNetwork network = new SimulatedNetwork(new Weather(1));
    private final SimulatedSockets site = network.open("100.64.0.7", 5000);
    private final SimulatedSockets relay = network.open("198.51.100.1", 51_820);
    private final SimulatedDevice device = new SimulatedDevice("sim0", 4);
    private final Burst burst = new Burst();
    private final DatagramBatch batch = new DatagramBatch();
    private final Endpoint toRelay = new Endpoint();

    SimulatedLinksTest() {
        toRelay.set(new InetSocketAddress("198.51.100.1", 51_820));
    }

    @AfterEach
    void release() {
        site.close();
        relay.close();
        network.close();
        device.close();
        burst.release();
        batch.release();
    }

    private void send(int number) {
        assertTrue(site.send(new byte[] {(byte) number, 1, 2}, toRelay, 3));
    }

    private List<Integer> received() {
        List<Integer> numbers = new ArrayList<>();
        Receiver receiver = relay.receivers().getFirst();
        burst.reset(0);
        while (receiver.receive(burst, Receiver.ALL)) {
            assertTrue(burst.sealed);
            for (int at = 0; at < burst.count; at++) {
                numbers.add(Memory.getByte(burst.packets[at].address));
            }
            burst.reset(0);
        }
        return numbers;
    }

    @Test
    void datagramsArriveInOrderWithTheirSenderAndTos() {
        send(1);
        send(2);
        burst.reset(0);
        assertTrue(relay.receivers().getFirst().receive(burst, Receiver.ALL));
        assertEquals(2, burst.count);
        Packet first = burst.packets[0];
        assertEquals(3, first.outerTos);
        assertNotNull(first.remote);
        assertEquals("100.64.0.7:5000", first.remote.toString());
        assertEquals(toRelay.low, first.remote.localLow);
        assertEquals(2, Memory.getByte(burst.packets[1].address));
    }

    @Test
    void theScriptDecidesTheFateOfEachDatagram() {
        network.weather(weather -> weather.next(Fate.LOSE, Fate.DUPLICATE, Fate.HOLD));
        for (int number = 1; number <= 4; number++) {
            send(number);
        }
        assertEquals(List.of(2, 2, 4), received());
        network.release();
        assertEquals(List.of(3), received());
    }

    @Test
    void corruptionChangesOneBitAndOnlyOnTheWay() {
        network.weather(weather -> weather.next(Fate.CORRUPT));
        send(0);
        burst.reset(0);
        assertTrue(relay.receivers().getFirst().receive(burst, Receiver.ALL));
        int bits = 0;
        byte[] sent = {0, 1, 2};
        for (int at = 0; at < 3; at++) {
            bits += Integer.bitCount(Memory.getByte(burst.packets[0].address + at) ^ sent[at]);
        }
        assertEquals(1, bits);
    }

    @Test
    void chanceLosesAsManyAsItIsTold() {
        network.weather(weather -> weather.rate(Fate.LOSE, 0.25));
        int arrived = 0;
        for (int round = 0; round < 4000; round++) {
            send(round);
            arrived += received().size();
        }
        assertTrue(arrived > 2850 && arrived < 3150, "arrived " + arrived);
    }

    @Test
    void whoMovesIsReachedAtTheNewAddressOnly() {
        relay.move("203.0.113.5", 51_820);
        send(1);
        assertEquals(List.of(), received());
        toRelay.set(new InetSocketAddress("203.0.113.5", 51_820));
        send(2);
        assertEquals(List.of(2), received());
    }

    @Test
    void aRememberedSourceThatIsGoneIsForgotten() {
        List<Integer> forgotten = new ArrayList<>();
        DatagramTransmitter transmitter = site.newTransmitter(forgotten::add);
        toRelay.localLow = 77;
        Memory.putByte(batch.next(), 9);
        batch.add(20, toRelay, 0, 6);
        assertEquals(0, transmitter.transmit(batch));
        assertEquals(List.of(6), forgotten);
        assertEquals(List.of(9), received());
        assertEquals(1, site.faults(SendFault.SOURCE_REFUSED));
    }

    @Test
    void theDeviceGivesWhatWasPutInAndKeepsWhatIsWritten() {
        byte[] packet = new byte[100];
        new Random(5).nextBytes(packet);
        assertTrue(device.inject(packet));
        assertTrue(device.receive(burst, Receiver.ALL));
        assertEquals(4, burst.packets[0].inLink);
        assertFalse(burst.sealed);
        PacketTransmitter transmitter = device.newTransmitter();
        assertNull(transmitter.transmit(burst.packets[0]));
        assertEquals(1, device.written());
        assertArrayEquals(packet, device.take());
        assertNull(device.take());
        device.down();
        assertEquals(DropReason.DEVICE_DOWN, transmitter.transmit(burst.packets[0]));
    }

    @Test
    void aSuperFrameKeepsItsDescriptionAndEndsThePass() {
        Packet frame = new Packet();
        frame.reset(burst.in.address() + 64, 60_000);
        frame.gsoType = Packet.GSO_TCP4;
        frame.gsoSize = 1400;
        frame.needsChecksum = true;
        frame.checksumStart = 20;
        frame.checksumOffset = 16;
        assertTrue(device.inject(frame));
        assertTrue(device.inject(frame));
        burst.reset(0);
        assertTrue(device.receive(burst, Receiver.ALL));
        assertEquals(1, burst.count);
        assertEquals(1400, burst.packets[0].gsoSize);
        assertTrue(burst.packets[0].needsChecksum);
        assertEquals(20, burst.packets[0].checksumStart);
    }

    @Test
    void aFullQueueRefusesAndOrderSurvivesManyWraps() {
        Packet frame = new Packet();
        Random random = new Random(9);
        int in = 0;
        int out = 0;
        boolean refused = false;
        while (out < 20_000) {
            int count = random.nextInt(200);
            for (int at = 0; at < count; at++) {
                frame.reset(burst.in.address() + 64, 20 + random.nextInt(40_000));
                Memory.putInt(frame.address, in);
                if (device.inject(frame)) {
                    in++;
                } else {
                    refused = true;
                }
            }
            for (int turns = random.nextInt(60); turns > 0 && out < in; turns--) {
                burst.reset(0);
                assertTrue(device.receive(burst, Receiver.ALL));
                for (int at = 0; at < burst.count; at++) {
                    assertEquals(out++, Memory.getInt(burst.packets[at].address));
                }
            }
        }
        assertTrue(refused);
    }

    @Test
    void theReadySetTellsWhatIsReadable() throws InterruptedException {
        List<Receiver> all = List.of(device, relay.receivers().getFirst());
        try (ReadySet ready = new SimulatedReadySet(all)) {
            ready.watch(device.fileDescriptors(), 0);
            ready.watch(all.get(1).fileDescriptors(), 1);
            assertEquals(0, ready.await(System.nanoTime(), 0));
            Thread sender = new Thread(() -> send(1));
            sender.start();
            assertEquals(0b10, ready.await(System.nanoTime(), 5_000_000_000L));
            sender.join();
            device.inject(new byte[20]);
            assertEquals(0b11, ready.await(System.nanoTime(), -1));
            ready.unwatch(all.get(1).fileDescriptors());
            assertEquals(0b01, ready.await(System.nanoTime(), -1));
            device.receive(burst, Receiver.ALL);
            ready.wake();
            assertEquals(0, ready.await(System.nanoTime(), -1));
        }
    }

    @Test
    void carryingAllocatesNothing() {
        DatagramTransmitter transmitter = site.newTransmitter(peer -> {});
        Receiver receiver = relay.receivers().getFirst();
        long allocated =
                Allocation.inSteadyState(() -> {
                    for (int at = 0; at < 5; at++) {
                        batch.add(1000, toRelay, 0, 0);
                    }
                    transmitter.transmit(batch);
                    burst.reset(0);
                    receiver.receive(burst, Receiver.ALL);
                    assertEquals(5, burst.count);
                });
        assertEquals(0, allocated, "bytes in 1000 bursts");
    }
}
