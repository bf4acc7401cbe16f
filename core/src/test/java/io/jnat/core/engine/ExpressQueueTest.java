package io.jnat.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Protocol;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What overtakes bulk that came out of the tunnel, and what must not. */
final class ExpressQueueTest {
    private static final int TUNNEL = 1;
    private static final int LARGE = 1300;
    private static final int SMALL = 200;
    private static final int TRANSPORT = 20;
    private static final int BULK = Engine.BULK_SEGMENTS;

    /** A flow whose large packets are first fragments of larger ones. */
    private static final int FRAGMENTED = 50;

    private static final int LATER_FRAGMENTS = 51;

    /** A packet by what matters here; the number says in which order they were received. */
    private record Sent(int flow, int protocol, int bytes, int number) {}

    private final ArrayDeque<List<Sent>> arriving = new ArrayDeque<>();
    private final List<Sent> forwarded = new ArrayList<>();
    private final CountingTunnel tunnel = new CountingTunnel();
    private long nowNanos = TimeUnit.HOURS.toNanos(1);
    private int numbers;

    private final Forwarder forwarder =
            new Forwarder(
                    new EngineSection(false),
                    new LargeFlows(),
                    tunnel,
                    new ToTheDevice(),
                    batch -> 0,
                    new @Nullable PacketTransmitter[] {this::transmitted, null},
                    new Link(TUNNEL, "tunnel", Zone.TUNNEL, 1420));

    private final EngineThread thread =
            new EngineThread(forwarder, new FakeReadySet(new FakeReadySet.Board()), () -> nowNanos);

    @AfterEach
    void release() {
        thread.release();
    }

    private Sent packet(int flow, int protocol, int bytes) {
        return new Sent(flow, protocol, bytes, numbers++);
    }

    private List<Sent> bulk(int flow, int protocol) {
        List<Sent> burst = new ArrayList<>();
        for (int at = 0; at < BULK; at++) {
            burst.add(packet(flow, protocol, LARGE));
        }
        return burst;
    }

    private Sent arrives(List<Sent> burst, Sent last) {
        burst.add(last);
        arriving.add(burst);
        return last;
    }

    private void forwardAll() {
        thread.fetch(socket, Receiver.ALL);
        while (thread.hasFetched()) {
            thread.forwardFetched();
            if (thread.wantsMore()) {
                thread.fetch(socket, Receiver.ALL);
            }
        }
    }

    /** A packet of a call, after which more of them are expected. */
    private void aCallIsOn() {
        arrives(bulk(9, Protocol.TCP), packet(8, Protocol.UDP, SMALL));
        forwardAll();
        forwarded.clear();
    }

    @Test
    void withoutCallsBulkWaitsInTheKernel() {
        arriving.add(bulk(1, Protocol.TCP));
        arriving.add(bulk(1, Protocol.TCP));
        thread.fetch(socket, Receiver.ALL);
        assertEquals(1, arriving.size());
        assertFalse(thread.wantsMore());
        forwardAll();
        aCallIsOn();
        arriving.add(bulk(1, Protocol.TCP));
        arriving.add(bulk(1, Protocol.TCP));
        thread.fetch(socket, Receiver.ALL);
        assertEquals(0, arriving.size());
        assertTrue(thread.wantsMore());
        nowNanos += TimeUnit.SECONDS.toNanos(11);
        assertFalse(thread.wantsMore(), "the call is over");
    }

    @Test
    void keepalivesAreNoCalls() {
        arrives(bulk(1, Protocol.TCP), packet(1, Protocol.UDP, 0));
        arriving.add(bulk(1, Protocol.TCP));
        thread.fetch(socket, Receiver.ALL);
        thread.forwardFetched();
        thread.fetch(socket, Receiver.ALL);
        assertFalse(thread.wantsMore());
    }

    @Test
    void aCallOvertakesATransferThatCameBeforeIt() {
        aCallIsOn();
        int before = numbers;
        arriving.add(bulk(1, Protocol.TCP));
        arriving.add(bulk(1, Protocol.TCP));
        Sent call = arrives(bulk(2, Protocol.UDP), packet(7, Protocol.UDP, SMALL));
        Sent second = arrives(new ArrayList<>(), packet(7, Protocol.UDP, SMALL));
        forwardAll();
        assertEquals(List.of(call, second), forwarded.subList(0, 2));
        assertEquals(numbers - before, forwarded.size());
        assertOrderOfFlows();
    }

    /** So that nobody looks for a loss that is none. */
    @Test
    void whatOvertookIsNotCountedAsLostWhereItWas() {
        arrives(bulk(1, Protocol.TCP), packet(7, Protocol.UDP, SMALL));
        forwardAll();
        assertEquals(numbers, forwarded.size());
        for (DropReason reason : DropReason.values()) {
            assertEquals(0, forwarder.drops().get(reason), reason.explanation());
        }
    }

    /** What the tunnel adds, 32 bytes, is there while it is not open. */
    @Test
    void whetherADatagramIsSmallIsSeenBeforeItIsOpen() {
        int largest = LargeFlows.SMALL_BYTES + 32;
        Sent small = arrives(bulk(1, Protocol.TCP), packet(6, Protocol.UDP, largest));
        forwardAll();
        assertEquals(small, forwarded.getFirst());
        Sent large = arrives(bulk(1, Protocol.TCP), packet(7, Protocol.UDP, largest + 1));
        forwardAll();
        assertEquals(large, forwarded.getLast());
    }

    @Test
    void aPingOvertakesToo() {
        Sent ping = arrives(bulk(1, Protocol.TCP), packet(3, Protocol.ICMP, 84));
        forwardAll();
        assertEquals(ping, forwarded.getFirst());
    }

    @Test
    void theEndOfATransferStaysBehindIt() {
        Sent tail = arrives(bulk(1, Protocol.TCP), packet(1, Protocol.TCP, SMALL));
        arriving.add(bulk(1, Protocol.TCP));
        forwardAll();
        assertEquals(BULK, forwarded.indexOf(tail));
        assertOrderOfFlows();
        assertEquals(numbers, tunnel.opened, "each is opened once");
    }

    @Test
    void smallPacketsOfAFlowThatHasLargeOnesStayInTheirPlace() {
        arriving.add(bulk(5, Protocol.UDP));
        forwardAll();
        forwarded.clear();
        arrives(bulk(5, Protocol.UDP), packet(5, Protocol.UDP, SMALL));
        arriving.add(bulk(5, Protocol.UDP));
        forwardAll();
        assertOrderOfFlows();
        forgetLargeFlows();
        Sent call = arrives(bulk(1, Protocol.TCP), packet(5, Protocol.UDP, SMALL));
        forwarded.clear();
        forwardAll();
        assertEquals(call, forwarded.getFirst(), "it is long since it had large ones");
    }

    @Test
    void smallPacketsOfAFlowThatHasFragmentsStayInTheirPlace() {
        arriving.add(bulk(FRAGMENTED, Protocol.UDP));
        forwardAll();
        arrives(bulk(FRAGMENTED, Protocol.UDP), packet(FRAGMENTED, Protocol.UDP, SMALL));
        arriving.add(bulk(FRAGMENTED, Protocol.UDP));
        forwardAll();
        assertOrderOfFlows();
    }

    /** It has no ports to be told by. */
    @Test
    void aLaterFragmentStaysInItsPlace() {
        aCallIsOn();
        Sent tail = arrives(bulk(1, Protocol.TCP), packet(LATER_FRAGMENTS, Protocol.UDP, SMALL));
        arriving.add(bulk(1, Protocol.TCP));
        forwardAll();
        assertEquals(BULK, forwarded.indexOf(tail));
    }

    /** Two generations, each of which begins with a large packet. */
    private void forgetLargeFlows() {
        for (int at = 0; at < 2; at++) {
            nowNanos += TimeUnit.SECONDS.toNanos(11);
            arriving.add(bulk(99, Protocol.UDP));
            forwardAll();
        }
    }

    @Test
    void withoutBulkNothingIsTakenOutOfItsPlace() {
        arrives(
                new ArrayList<>(List.of(packet(1, Protocol.UDP, LARGE))),
                packet(2, Protocol.UDP, SMALL));
        forwardAll();
        assertEquals(List.of(0, 1), forwarded.stream().map(Sent::number).toList());
    }

    @Test
    void moreCallsThanItHoldsAreForwardedInTheirOrder() {
        for (int burst = 0; burst < 6; burst++) {
            List<Sent> packets = bulk(1, Protocol.TCP);
            for (int at = 0; at < 60; at++) {
                packets.add(packet(100 + at, Protocol.UDP, SMALL));
            }
            arriving.add(packets);
        }
        forwardAll();
        assertEquals(numbers, forwarded.size());
        assertOrderOfFlows();
    }

    @Test
    void afterMoreThanItHoldsCallsSoonOvertakeAgain() {
        aCallIsOn();
        for (int burst = 0; burst < 8; burst++) {
            List<Sent> packets = bulk(1, Protocol.TCP);
            for (int at = 0; at < 20; at++) {
                packets.add(packet(2, Protocol.TCP, SMALL));
            }
            arriving.add(packets);
        }
        for (int turn = 0; turn < 100; turn++) {
            arriving.add(bulk(1, Protocol.TCP));
            arrives(bulk(1, Protocol.TCP), packet(7, Protocol.UDP, SMALL));
            if (thread.wantsMore()) {
                thread.fetch(socket, Receiver.ALL);
            }
            thread.forwardFetched();
            nowNanos += TimeUnit.MILLISECONDS.toNanos(1);
        }
        assertTrue(callsThatOvertook() > 10, callsThatOvertook() + " overtook");
        assertOrderOfFlows();
    }

    private int callsThatOvertook() {
        int overtook = 0;
        int least = Integer.MAX_VALUE;
        for (Sent packet : forwarded.reversed()) {
            overtook += packet.protocol() == Protocol.UDP && packet.number() > least ? 1 : 0;
            least = Math.min(least, packet.number());
        }
        return overtook;
    }

    @Test
    void theOrderOfFlowsIsKeptInRandomTraffic() {
        Random random = new Random(5);
        for (int round = 0; round < 300; round++) {
            for (int burst = 0; burst < random.nextInt(12); burst++) {
                List<Sent> packets = new ArrayList<>();
                int count = 1 + random.nextInt(60);
                for (int at = 0; at < count; at++) {
                    packets.add(any(random.nextInt(40), random));
                }
                arriving.add(packets);
            }
            if (random.nextInt(3) == 0) {
                nowNanos += TimeUnit.SECONDS.toNanos(random.nextInt(12));
            }
            forwardAll();
        }
        assertEquals(numbers, forwarded.size());
        assertOrderOfFlows();
    }

    /** Flows below 20 are TCP of any size, above they are calls. */
    private Sent any(int flow, Random random) {
        return flow < 20
                ? packet(flow, Protocol.TCP, random.nextBoolean() ? LARGE : SMALL)
                : packet(flow, Protocol.UDP, SMALL);
    }

    @Test
    void aFaultInOneBurstLosesNoOther() {
        arriving.add(bulk(1, Protocol.TCP));
        arriving.add(bulk(2, Protocol.TCP));
        thread.fetch(socket, Receiver.ALL);
        thread.fetch(socket, Receiver.ALL);
        tunnel.explode = true;
        boolean thrown = false;
        try {
            thread.forwardFetched();
        } catch (IllegalStateException asAsked) {
            thrown = true;
        }
        assertTrue(thrown);
        assertTrue(thread.hasFetched());
        thread.forwardFetched();
        assertFalse(thread.hasFetched());
        assertEquals(BULK, forwarded.size());
    }

    private void assertOrderOfFlows() {
        int[] last = new int[200];
        Arrays.fill(last, -1);
        for (Sent packet : forwarded) {
            assertTrue(
                    packet.number() > last[packet.flow()],
                    packet + " came after " + last[packet.flow()]);
            last[packet.flow()] = packet.number();
        }
    }

    /** Brings one of the bursts that arrive. */
    private final Receiver socket =
            new Receiver() {
                @Override
                public int[] fileDescriptors() {
                    return new int[] {0};
                }

                @Override
                public boolean receive(Burst burst, long readable) {
                    List<Sent> packets = arriving.poll();
                    if (packets == null) {
                        return false;
                    }
                    burst.sealed = true;
                    long at = burst.in.address() + 64;
                    for (Sent packet : packets) {
                        write(at, packet);
                        burst.append(at, packet.bytes());
                        at += 1408;
                    }
                    return true;
                }
            };

    private static void write(long ip, Sent packet) {
        Memory.zero(ip, TRANSPORT + 28);
        int source = 0xc633_6400 | packet.flow();
        Ipv4.write(ip, 0, packet.bytes(), 64, packet.protocol(), source, 0xc0a8_141f);
        if (packet.flow() == FRAGMENTED && packet.bytes() == LARGE) {
            Ipv4.setFlagsAndOffsetUpdatingChecksum(ip, Ipv4.MORE_FRAGMENTS);
        }
        if (packet.flow() == LATER_FRAGMENTS) {
            Ipv4.setFlagsAndOffsetUpdatingChecksum(ip, 185);
        }
        long transport = ip + TRANSPORT;
        switch (packet.protocol()) {
            case Protocol.TCP -> Memory.putShort(transport + 12, 0x5010);
            case Protocol.UDP -> Memory.putShort(transport + 4, packet.bytes() - TRANSPORT);
            default -> Memory.putByte(transport, 8);
        }
        Memory.putInt(ip + packet.bytes() - 8, packet.flow());
        Memory.putInt(ip + packet.bytes() - 4, packet.number());
    }

    private @Nullable DropReason transmitted(Packet packet) {
        long end = packet.address + packet.length;
        forwarded.add(
                new Sent(
                        Memory.getInt(end - 8),
                        packet.protocol,
                        packet.length,
                        Memory.getInt(end - 4)));
        return null;
    }

    private static final class CountingTunnel extends PlainTunnel {
        private int opened;
        private boolean explode;

        CountingTunnel() {
            super(TUNNEL);
        }

        @Override
        public void open(Burst burst) {
            if (explode) {
                explode = false;
                throw new IllegalStateException("as the test asked");
            }
            for (int at = 0; at < burst.count; at++) {
                Packet packet = burst.packets[at];
                if (packet.verdict == Packet.FORWARD && !packet.opened) {
                    packet.opened = true;
                    opened++;
                }
            }
        }
    }

    private static final class ToTheDevice extends PlainPolicy {
        @Override
        public void track(Packet packet, Emitter emitter, long nowNanos) {
            packet.outLink = 0;
        }
    }
}
