package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import io.jnat.core.engine.StepRunner;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.wireguard.crypto.PacketCipher;
import io.jnat.wireguard.crypto.PacketKey;
import io.jnat.wireguard.crypto.ScalarPacketCipher;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Nothing is allocated a packet. */
final class AllocationTest {
    private static final int PACKETS = 64;
    private static final int WARM_UP = 400;
    private static final int MEASURED = 200;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Passes every tag and changes nothing: what is left is our own. */
    private static final PacketCipher NONE =
            new PacketCipher() {
                @Override
                public void seal(
                        PacketKey key,
                        long[] at,
                        int[] lengths,
                        long[] counters,
                        int from,
                        int n) {}

                @Override
                public void open(
                        PacketKey key,
                        long[] at,
                        int[] lengths,
                        long[] counters,
                        boolean[] authentic,
                        int from,
                        int n) {
                    for (int index = from; index < from + n; index++) {
                        authentic[index] = true;
                    }
                }

                @Override
                public void keepWarm() {}

                @Override
                public String name() {
                    return "none";
                }
            };

    @AutoClose private final TwoPeers two = TwoPeers.connected();
    @AutoClose private final Slab slab = Slab.allocate(PACKETS * 2048);
    private final DatagramBatch batch = new DatagramBatch();
    private final Burst burst = new Burst();
    private final Packet packet = new Packet();
    private final Endpoint from = new Endpoint();

    @BeforeEach
    void shakeHands() {
        two.shakeHands();
        from.copyFrom(two.left.place);
        byte[] inner = two.toRight(1300);
        for (int at = 0; at < PACKETS; at++) {
            Memory.copy(inner, 0, slab.address() + at * 2048L + 64, inner.length);
        }
    }

    @Test
    void stagingSealingOpeningAndAcceptingAllocateNothing() {
        ThreadTunnel left = view(two.left.device, NONE);
        ThreadTunnel right = view(two.right.device, NONE);
        assertEquals(0, leastBytes(left, right));
    }

    /** What seals until the vector kernels are compiled, and where there are none. */
    @Test
    void withPlainArithmeticNothingIsAllocatedEither() {
        ThreadTunnel left = view(two.left.device, new ScalarPacketCipher());
        ThreadTunnel right = view(two.right.device, new ScalarPacketCipher());
        assertEquals(0, leastBytes(left, right));
    }

    /** Of some attempts the one with the least: the compiler allocates on this thread at times. */
    private long leastBytes(ThreadTunnel left, ThreadTunnel right) {
        for (int round = 0; round < WARM_UP; round++) {
            through(left, right);
        }
        long least = Long.MAX_VALUE;
        for (int attempt = 0; attempt < 30 && least > 0; attempt++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int round = 0; round < MEASURED; round++) {
                through(left, right);
            }
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        assertEquals(Packet.FORWARD, burst.packets[PACKETS - 1].verdict);
        assertEquals(0, burst.packets[PACKETS - 1].inPeer);
        return least;
    }

    private void through(ThreadTunnel left, ThreadTunnel right) {
        long now = two.network.nowNanos;
        for (int at = 0; at < PACKETS; at++) {
            packet.reset(slab.address() + at * 2048L + 64, 1328);
            packet.ipVersion = 4;
            left.stage(packet, batch, now);
        }
        left.seal(batch);
        burst.reset(now);
        burst.sealed = true;
        for (int at = 0; at < batch.count; at++) {
            long to = burst.in.address() + 64 + at * 2048L;
            Memory.copy(batch.address[at], to, batch.length[at]);
            Packet received = burst.append(to, batch.length[at]);
            received.remote = from;
        }
        batch.clear();
        right.open(burst);
        right.accept(burst);
    }

    private static ThreadTunnel view(WireGuardDevice device, PacketCipher cipher) {
        return new ThreadTunnel(device, StepRunner.INLINE, new PacketCipher[] {cipher});
    }
}
