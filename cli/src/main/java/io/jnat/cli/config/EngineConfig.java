package io.jnat.cli.config;

import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the engine runs.
 *
 * @param layout how many threads turn the ring
 * @param offload super-frames on TUN and socket
 * @param flows capacity of the flow table
 * @param ports that mappings are taken from
 * @param tcpPickUp whether TCP segments without a flow make one
 * @param nice of the process's engine threads, -20 to 19; empty: -5 where the process may
 * @param cpus that engine threads are bound to; empty binds none
 * @param awake whether cores are kept from sleeping while packets flow
 */
public record EngineConfig(
        Layout layout,
        Offload offload,
        int flows,
        Ports ports,
        TcpPickUp tcpPickUp,
        OptionalInt nice,
        List<Integer> cpus,
        boolean awake) {
    /** What holds when the configuration says nothing. */
    public static final EngineConfig DEFAULT =
            new EngineConfig(
                    Layout.AUTO,
                    Offload.AUTO,
                    65536,
                    Ports.ALL,
                    TcpPickUp.ON,
                    OptionalInt.empty(),
                    List.of(),
                    false);

    /** How many threads turn the ring. */
    public enum Layout {
        /** By the number of cores. */
        AUTO("auto"),
        /** One thread does all. */
        ONE("1"),
        /** A second thread while bulk lasts. */
        TWO("2"),
        /** The same, with workers that seal and open. */
        FOUR("4+");

        private final String text;

        Layout(String text) {
            this.text = text;
        }

        /** As in the configuration. */
        public String text() {
            return text;
        }
    }

    /** Whether super-frames are used. */
    public enum Offload {
        /** Where the kernel has them and they work. */
        AUTO("auto"),
        /** One packet a call. */
        OFF("off");

        private final String text;

        Offload(String text) {
            this.text = text;
        }

        /** As in the configuration. */
        public String text() {
            return text;
        }
    }

    /** Whether a connection that the rules allow may be taken up in mid-stream. */
    public enum TcpPickUp {
        /** Only a SYN makes a flow. */
        OFF("off"),
        /** A segment with ACK that is no reset does, too. */
        ON("on");

        private final String text;

        TcpPickUp(String text) {
            this.text = text;
        }

        /** As in the configuration. */
        public String text() {
            return text;
        }
    }

    /**
     * External ports, of TCP and of UDP.
     *
     * @param first lowest one
     * @param last highest one, itself included
     */
    public record Ports(int first, int last) {
        /** All that are led into the engine without being named by a forward. */
        public static final Ports ALL = new Ports(1024, 60_999);

        private static final Pattern RANGE = Pattern.compile("(\\d{1,5})-(\\d{1,5})");

        /** Refuses what is not a range of ports that are the engine's. */
        public Ports {
            if (first < 1024 || last > 60_999 || first > last) {
                throw new IllegalArgumentException(first + "-" + last);
            }
        }

        public static Ports parse(String text) throws BadValue {
            Matcher range = RANGE.matcher(text);
            if (range.matches()) {
                int first = Integer.parseInt(range.group(1));
                int last = Integer.parseInt(range.group(2));
                if (first >= ALL.first && first <= last && last <= ALL.last) {
                    return new Ports(first, last);
                }
            }
            throw new BadValue("a range within \"" + ALL + "\", the lower port first");
        }

        /** As written: {@code 1024-60999}. */
        @Override
        public String toString() {
            return first + "-" + last;
        }
    }

    /** Copies the list. */
    public EngineConfig {
        cpus = List.copyOf(cpus);
    }
}
