package io.jnat.core.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.jnat.core.offload.Segmenter;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.core.stat.DropReason;
import io.jnat.core.stat.LinkCounters;
import io.jnat.core.wire.NativeBytes;
import io.jnat.core.wire.OraclePackets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a burst from a device becomes when its packets leave by another. */
final class ForwarderTest {
    private static final int LAN = 0;
    private static final int WAN = 1;
    private static final int TUNNEL = 2;

    private final Burst burst = new Burst();
    private final List<Integer> writes = new ArrayList<>();
    private final List<byte[]> left = new ArrayList<>();
    private final Slab segment = Slab.allocate(2048);
    private final Forwarder forwarder =
            new Forwarder(
                    new EngineSection(false),
                    new LargeFlows(),
                    new PlainTunnel(TUNNEL) {
                        @Override
                        public void open(Burst opened) {
                            throw new AssertionError("nothing comes from the tunnel");
                        }
                    },
                    new PlainPolicy() {
                        @Override
                        public void track(Packet packet, Emitter emitter, long nowNanos) {
                            packet.outLink = packet.destinationPort == 5060 ? WAN : LAN;
                        }
                    },
                    batch -> 0,
                    new @Nullable PacketTransmitter[] {this::write, this::write, null},
                    new Link(TUNNEL, "tunnel", Zone.TUNNEL, 1420));

    private long room;

    private @Nullable DropReason write(Packet packet) {
        writes.add(packet.segments());
        for (int at = 0; at < Segmenter.segmentCount(packet); at++) {
            int bytes = Segmenter.writeSegment(packet, at, segment.address());
            left.add(NativeBytes.bytes(segment.address(), bytes));
        }
        return null;
    }

    @AfterEach
    void free() {
        forwarder.release();
        burst.release();
        segment.close();
    }

    private void receive(List<byte[]> packets) {
        receive(forwarder, packets);
    }

    private void receive(Forwarder by, List<byte[]> packets) {
        burst.reset(0);
        room = burst.in.address();
        for (byte[] bytes : packets) {
            room += Packet.HEADROOM_BYTES;
            Memory.copy(bytes, 0, room, bytes.length);
            Packet packet = burst.append(room, bytes.length);
            packet.inLink = LAN;
            room = (room + bytes.length + 7) & -8;
        }
        by.forwardBurst(burst);
    }

    private static byte[] datagram(int number, int port) {
        byte[] payload = new byte[172];
        payload[0] = (byte) number;
        return OraclePackets.udp("10.0.0.1", "203.0.113.9", 4000, port, number, payload);
    }

    @Test
    void datagramsFromDeviceToDeviceAreWrittenInOneCall() {
        List<byte[]> packets = new ArrayList<>();
        for (int number = 0; number < 40; number++) {
            packets.add(datagram(number, 5060));
        }
        receive(packets);
        assertEquals(List.of(40), writes);
        for (int at = 0; at < packets.size(); at++) {
            assertArrayEquals(packets.get(at), left.get(at));
        }
        assertEquals(40, forwarder.traffic().get(WAN, LinkCounters.Kind.SENT_PACKETS));
    }

    @Test
    void ofASuperFrameThatWasTakenInPartOnlyTheRestIsLost() {
        Forwarder intoAFullQueue =
                forwarder(
                        new StagingTunnel(),
                        new PlainPolicy() {
                            @Override
                            public void track(Packet packet, Emitter emitter, long nowNanos) {
                                packet.outLink = WAN;
                            }
                        },
                        batch -> 0,
                        packet -> {
                            packet.length -= 3 * packet.gsoSize;
                            return DropReason.DEVICE_QUEUE_FULL;
                        });
        List<byte[]> packets = new ArrayList<>();
        for (int number = 0; number < 10; number++) {
            packets.add(datagram(number, 5060));
        }
        receive(intoAFullQueue, packets);
        assertEquals(7, intoAFullQueue.drops().get(DropReason.DEVICE_QUEUE_FULL));
        assertEquals(3, intoAFullQueue.traffic().get(WAN, LinkCounters.Kind.SENT_PACKETS));
        intoAFullQueue.release();
    }

    /** Sealing twice with one counter would uncover what was sealed. */
    @Test
    void whatWasSealedIsNeverSealedAgainThoughItsSendingFails() {
        int[] sealed = new int[1];
        int[] calls = new int[1];
        Forwarder intoTheTunnel =
                forwarder(
                        new StagingTunnel() {
                            @Override
                            public void seal(DatagramBatch batch) {
                                sealed[0] += batch.count;
                            }
                        },
                        new ToTheTunnel(),
                        batch -> {
                            if (calls[0]++ == 0) {
                                throw new IllegalStateException("as the test asked");
                            }
                            batch.clear();
                            return 0;
                        },
                        null);
        assertThrows(
                IllegalStateException.class,
                () -> receive(intoTheTunnel, List.of(datagram(0, 5060))));
        receive(intoTheTunnel, List.of(datagram(1, 5060)));
        intoTheTunnel.release();
        assertEquals(2, calls[0]);
        assertEquals(2, sealed[0]);
    }

    @Test
    void aPacketThatNoBatchHasRoomForIsDroppedAndNotStaged() {
        Forwarder intoTheTunnel =
                forwarder(
                        new StagingTunnel() {
                            @Override
                            public boolean room(Packet packet, DatagramBatch batch) {
                                return false;
                            }
                        },
                        new ToTheTunnel(),
                        batch -> 0,
                        null);
        receive(intoTheTunnel, List.of(datagram(0, 5060)));
        assertEquals(1, intoTheTunnel.drops().get(DropReason.BAD_SUPER_FRAME));
        intoTheTunnel.release();
    }

    /** Between packets that may be fragmented, and whatever the tunnel's MTU is. */
    @Test
    void whatMeasuresThePathLeavesByItselfAndWhole() {
        List<String> batches = new ArrayList<>();
        Forwarder measuring =
                forwarder(
                        new StagingTunnel(),
                        new ToTheTunnel() {
                            @Override
                            public void track(Packet packet, Emitter emitter, long nowNanos) {
                                super.track(packet, emitter, nowNanos);
                                packet.measuresPath = packet.length > 1420;
                            }
                        },
                        batch -> {
                            batches.add(batch.count + (batch.dontFragment ? " whole" : ""));
                            return 0;
                        },
                        null);
        byte[] large = OraclePackets.udp("10.0.0.1", "203.0.113.9", 4000, 5060, 1, new byte[1800]);
        receive(measuring, List.of(datagram(0, 5060), large, datagram(1, 5060)));
        assertEquals(List.of("1", "1 whole", "1"), batches);
        assertEquals(3, measuring.traffic().get(TUNNEL, LinkCounters.Kind.SENT_PACKETS));
        measuring.release();
    }

    @Test
    void whatThePolicyAnswersToAPacketThatTheTunnelRefusesIsSent() {
        byte[] answer = datagram(7, 5060);
        Forwarder intoTheTunnel =
                forwarder(
                        new StagingTunnel() {
                            @Override
                            public DropReason stage(
                                    Packet packet, DatagramBatch batch, long nowNanos) {
                                return DropReason.TUNNEL_NO_ENDPOINT;
                            }
                        },
                        new ToTheTunnel() {
                            @Override
                            public void undeliverable(
                                    Packet packet,
                                    DropReason reason,
                                    Emitter emitter,
                                    long nowNanos) {
                                assertEquals(DropReason.TUNNEL_NO_ENDPOINT, reason);
                                Packet made = emitter.make(answer.length);
                                assertNotNull(made);
                                Memory.copy(answer, 0, made.address, answer.length);
                                made.outLink = WAN;
                                emitter.emit(made);
                            }
                        },
                        batch -> 0,
                        this::write);
        receive(intoTheTunnel, List.of(datagram(0, 5060)));
        assertEquals(1, left.size());
        assertArrayEquals(answer, left.getFirst());
        assertEquals(1, intoTheTunnel.drops().get(DropReason.TUNNEL_NO_ENDPOINT));
        intoTheTunnel.release();
    }

    @Test
    void timersAreDueWhenTheTunnelsOrThePolicysFirstOneIs() {
        for (long earlier : new long[] {-10, 10}) {
            Forwarder idle =
                    forwarder(
                            new StagingTunnel() {
                                @Override
                                public long nextDeadlineNanos(long nowNanos) {
                                    return nowNanos + 100 + earlier;
                                }
                            },
                            new ToTheTunnel() {
                                @Override
                                public long nextDeadlineNanos(long nowNanos) {
                                    return nowNanos + 100 - earlier;
                                }
                            },
                            batch -> 0,
                            null);
            assertEquals(Long.MIN_VALUE + 89, idle.nextDeadlineNanos(Long.MAX_VALUE));
            idle.release();
        }
    }

    private static Forwarder forwarder(
            StagingTunnel tunnel,
            PlainPolicy policy,
            DatagramTransmitter sockets,
            @Nullable PacketTransmitter wan) {
        return new Forwarder(
                new EngineSection(false),
                new LargeFlows(),
                tunnel,
                policy,
                sockets,
                new @Nullable PacketTransmitter[] {null, wan, null},
                new Link(TUNNEL, "tunnel", Zone.TUNNEL, 1420));
    }

    private static class StagingTunnel extends PlainTunnel {
        StagingTunnel() {
            super(TUNNEL);
        }

        @Override
        public void open(Burst opened) {}

        @Override
        public @Nullable DropReason stage(Packet packet, DatagramBatch batch, long nowNanos) {
            batch.add(packet.length, new Endpoint(), 0, 0);
            return null;
        }
    }

    private static class ToTheTunnel extends PlainPolicy {
        @Override
        public void track(Packet packet, Emitter emitter, long nowNanos) {
            packet.outLink = TUNNEL;
        }
    }

    @Test
    void whatLeavesByAnotherDeviceStaysApart() {
        receive(List.of(datagram(0, 5060), datagram(9, 80), datagram(1, 5060)));
        assertEquals(3, writes.stream().mapToInt(segments -> segments).sum());
        assertEquals(2, writes.size());
    }
}
