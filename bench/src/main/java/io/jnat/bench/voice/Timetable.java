package io.jnat.bench.voice;

import io.jnat.tun.pcap.CapturedDatagram;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * When which packet of which call leaves, which way, and how large it is. Calls repeat themselves,
 * so only one cycle is kept, however long they last. Made before the run, so that the sender only
 * reads arrays.
 */
public final class Timetable {
    private final Codec[] codecs;
    private final int cycles;
    private final long cycleNanos;
    private final long[] dueNanos;
    private final int[] call;
    private final boolean[] toSite;
    private final int[] sequence;
    private final int[] bytes;
    private final int[][] packetsInCycle;
    private final int leftOut;

    /** One packet; its sequence is counted when the table is made. */
    private record Departure(long dueNanos, int call, Direction direction, int bytes) {}

    /** Calls of one kind. */
    public record Calls(Codec codec, int count) {}

    /** The departures of one cycle, which comes so often. */
    private Timetable(
            Codec[] codecs, List<Departure> departures, int cycles, long cycleNanos, int leftOut) {
        this.leftOut = leftOut;
        departures.sort(Comparator.comparingLong(Departure::dueNanos));
        int count = departures.size();
        this.codecs = codecs;
        this.cycles = cycles;
        this.cycleNanos = cycleNanos;
        dueNanos = new long[count];
        call = new int[count];
        toSite = new boolean[count];
        sequence = new int[count];
        bytes = new int[count];
        packetsInCycle = new int[codecs.length][2];
        for (int at = 0; at < count; at++) {
            Departure departure = departures.get(at);
            dueNanos[at] = departure.dueNanos;
            call[at] = departure.call;
            toSite[at] = departure.direction == Direction.TO_SITE;
            bytes[at] = departure.bytes;
            sequence[at] = packetsInCycle[departure.call][departure.direction.ordinal()]++;
        }
    }

    /**
     * Calls that talk both ways all the time, for as many whole cycles of all of them as fit in
     * {@code longest}. They are spread over the interval, as calls are that know nothing of each
     * other, and the two directions of a call are half an interval apart.
     */
    public static Timetable of(List<Calls> calls, Duration longest) {
        long cycleNanos = 1;
        for (Calls kind : calls) {
            cycleNanos = leastCommonMultiple(cycleNanos, kind.codec.interval().toNanos());
        }
        List<Codec> codecs = new ArrayList<>();
        List<Departure> departures = new ArrayList<>();
        for (Calls kind : calls) {
            long interval = kind.codec.interval().toNanos();
            for (int i = 0; i < kind.count; i++) {
                int number = codecs.size();
                codecs.add(kind.codec);
                long phase = interval * i / kind.count;
                long opposite = (phase + interval / 2 + interval / (2L * kind.count)) % interval;
                for (long at = 0; at < cycleNanos; at += interval) {
                    int payload = kind.codec.payloadBytes();
                    departures.add(new Departure(at + phase, number, Direction.TO_SITE, payload));
                    departures.add(
                            new Departure(at + opposite, number, Direction.FROM_SITE, payload));
                }
            }
        }
        int cycles = Math.toIntExact(longest.toNanos() / cycleNanos);
        return new Timetable(codecs.toArray(Codec[]::new), departures, cycles, cycleNanos, 0);
    }

    private static long leastCommonMultiple(long some, long other) {
        long multiple = some;
        while (multiple % other != 0) {
            multiple += some;
        }
        return multiple;
    }

    /**
     * The UDP conversations of a capture, with its times and sizes. Who speaks first in one is
     * taken for the side in the internet. Payloads are replaced, those too short for the timestamps
     * lengthened.
     *
     * @param most conversations; the rest, those that begin last, is left out
     * @throws IllegalArgumentException if there is no UDP in it, or none in time
     */
    public static Timetable replay(List<CapturedDatagram> capture, int most, Duration longest) {
        Map<List<InetSocketAddress>, Integer> numbers = new HashMap<>();
        List<InetSocketAddress> callers = new ArrayList<>();
        List<Departure> departures = new ArrayList<>();
        for (CapturedDatagram datagram : capture) {
            if (datagram.nanos() > longest.toNanos()) {
                continue;
            }
            Integer number = numbers.get(List.of(datagram.from(), datagram.to()));
            if (number == null) {
                number = callers.size();
                numbers.put(List.of(datagram.from(), datagram.to()), number);
                numbers.put(List.of(datagram.to(), datagram.from()), number);
                callers.add(datagram.from());
            }
            if (number < most) {
                departures.add(
                        new Departure(
                                datagram.nanos(),
                                number,
                                datagram.from().equals(callers.get(number))
                                        ? Direction.TO_SITE
                                        : Direction.FROM_SITE,
                                Math.max(VoicePacket.BYTES, datagram.payloadBytes())));
            }
        }
        if (departures.isEmpty()) {
            throw new IllegalArgumentException(
                    capture.isEmpty()
                            ? "no UDP packets in the capture"
                            : "no UDP packets in the first "
                                    + longest.toSeconds()
                                    + " s of the capture");
        }
        Codec[] codecs = new Codec[Math.min(most, callers.size())];
        Arrays.fill(codecs, Codec.REPLAY);
        return new Timetable(codecs, departures, 1, 0, callers.size() - codecs.length);
    }

    /** How many calls there are. */
    public int calls() {
        return codecs.length;
    }

    /** How many conversations of the capture are not in it, because it holds no more. */
    public int leftOut() {
        return leftOut;
    }

    /** A call's codec. */
    public Codec codec(int number) {
        return codecs[number];
    }

    /** The codecs there are, in order. */
    public List<Codec> codecs() {
        return List.of(codecs).stream().distinct().toList();
    }

    /** How many packets a call sends in a direction. */
    int packets(int number, Direction direction) {
        return cycles * packetsInCycle[number][direction.ordinal()];
    }

    /** How many packets there are. */
    int size() {
        return cycles * dueNanos.length;
    }

    /** How many of them are longer. */
    public int longerThan(int most) {
        return cycles * (int) Arrays.stream(bytes).filter(length -> length > most).count();
    }

    /** When the last one leaves, after the start. */
    public Duration length() {
        return Duration.ofNanos(size() == 0 ? 0 : dueNanos(size() - 1));
    }

    long dueNanos(int at) {
        return cycleOf(at) * cycleNanos + dueNanos[inCycle(at)];
    }

    int call(int at) {
        return call[inCycle(at)];
    }

    Direction direction(int at) {
        return toSite[inCycle(at)] ? Direction.TO_SITE : Direction.FROM_SITE;
    }

    int sequence(int at) {
        int[] inCycle = packetsInCycle[call(at)];
        return cycleOf(at) * inCycle[direction(at).ordinal()] + sequence[inCycle(at)];
    }

    int bytes(int at) {
        return bytes[inCycle(at)];
    }

    private int cycleOf(int at) {
        return at / dueNanos.length;
    }

    private int inCycle(int at) {
        return at % dueNanos.length;
    }
}
