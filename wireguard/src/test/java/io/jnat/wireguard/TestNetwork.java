package io.jnat.wireguard;

import io.jnat.core.packet.Endpoint;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A wire between devices: datagrams go from place to place, in order, and a test may lose, look at
 * or alter them on the way. Time stands still unless the test moves it.
 */
final class TestNetwork {
    /** One datagram on its way. */
    @SuppressWarnings("ArrayRecordComponent") // compared by no test
    record Datagram(Endpoint from, Endpoint to, byte[] bytes, int tos) {
        int type() {
            return bytes.length == 0 ? 0 : bytes[0];
        }
    }

    private final Map<String, TestNode> nodes = new HashMap<>();
    private final ArrayDeque<Datagram> onTheWay = new ArrayDeque<>();

    /** Everything that was sent, in order, lost or not. */
    final List<Datagram> sent = new ArrayList<>();

    /** Datagrams that arrive; the others are lost. */
    Predicate<Datagram> arrives = datagram -> true;

    long nowNanos = 1_000_000_000_000L;

    void connect(Endpoint place, TestNode node) {
        nodes.put(place.toString(), node);
    }

    void disconnect(Endpoint place) {
        nodes.remove(place.toString());
    }

    void send(Datagram datagram) {
        sent.add(datagram);
        if (arrives.test(datagram)) {
            onTheWay.add(datagram);
        }
    }

    /** Delivers and lets all nodes work until nothing moves any more. */
    void settle() {
        boolean moved = true;
        int rounds = 0;
        while (moved) {
            if (++rounds > 10_000) {
                throw new AssertionError("the network never falls silent");
            }
            moved = false;
            for (TestNode node : List.copyOf(nodes.values())) {
                moved |= node.work();
            }
            while (!onTheWay.isEmpty()) {
                Datagram datagram = onTheWay.poll();
                TestNode node = nodes.get(datagram.to().toString());
                if (node != null) {
                    node.receive(List.of(datagram));
                }
                moved = true;
            }
        }
    }

    /** Moves time on, stopping at each deadline on the way. */
    void pass(long nanos) {
        long end = nowNanos + nanos;
        int steps = 0;
        settle();
        while (true) {
            if (++steps > 1_000_000) {
                throw new AssertionError("deadlines that never end");
            }
            long next = end;
            for (TestNode node : nodes.values()) {
                long deadline = node.nextDeadlineNanos();
                if (deadline - next < 0) {
                    next = deadline;
                }
            }
            if (next - nowNanos > 0) {
                nowNanos = next;
            }
            for (TestNode node : List.copyOf(nodes.values())) {
                node.runTimers();
            }
            settle();
            if (nowNanos == end) {
                return;
            }
        }
    }

    void passSeconds(double seconds) {
        pass((long) (seconds * 1e9));
    }

    /** How many datagrams of a type were sent from a place since the test last cleared. */
    long count(@Nullable Endpoint from, int type) {
        return sent.stream()
                .filter(d -> d.type() == type)
                .filter(d -> from == null || d.from().sameRemote(from))
                .count();
    }
}
