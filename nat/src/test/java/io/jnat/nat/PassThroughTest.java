package io.jnat.nat;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jnat.core.engine.Emitter;
import io.jnat.core.packet.Packet;
import org.junit.jupiter.api.Test;

final class PassThroughTest {
    private static final Emitter NONE =
            new Emitter() {
                @Override
                public Packet make(int bytes) {
                    throw new AssertionError("makes nothing");
                }

                @Override
                public void emit(Packet packet) {
                    throw new AssertionError("makes nothing");
                }
            };

    @Test
    void joinsDeviceAndTunnel() {
        PassThrough policy = new PassThrough(3, 4);
        Packet packet = new Packet();
        packet.reset(0, 20);
        packet.inLink = 3;
        policy.track(packet, NONE, 0);
        assertEquals(4, packet.outLink);
        assertEquals(-1, packet.outPeer);
        packet.inLink = 4;
        packet.inPeer = 9;
        policy.track(packet, NONE, 0);
        assertEquals(3, packet.outLink);
        assertEquals(Packet.FORWARD, packet.verdict);
    }
}
