package io.jnat.cli.lab;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a captured device may try in order to reach the internet: UDP small and in
 * fragments, TCP, ICMP, IPv6. What of it comes out of the WAN, a {@link WanTap} counts.
 */
public final class LeakProbe {

    private static final int PACKETS = 50;
    private static final byte[] PAYLOAD = "from the radio".getBytes(StandardCharsets.US_ASCII);

    private LeakProbe() {}

    /** Sends it all once, from the radio to the internet client; IPv6 where Java has it. */
    public static void fromRadio(NetworkLab lab) throws IOException {
        Namespace radio = lab.namespace("radio");
        InetSocketAddress client = NetworkLab.at(NetworkLab.CLIENT, 7_777);
        InetSocketAddress client6 = NetworkLab.at(NetworkLab.CLIENT6, 7_777);
        try (UdpSocket udp = UdpSocket.open(radio, 0);
                UdpSocket udp6 = UdpSocket.hasIpv6() ? UdpSocket.open6(radio, 0) : null) {
            for (int i = 0; i < PACKETS; i++) {
                udp.trySend(client, PAYLOAD);
                if (udp6 != null) {
                    udp6.trySend(client6, PAYLOAD);
                }
            }
            udp.trySend(client, new byte[6_000]);
        }
        tryToConnect(radio);
        Shell.attempt(
                radio.inside("ping", "-q", "-c", "3", "-i", "0.01", "-W", "0.2", NetworkLab.CLIENT),
                "");
    }

    private static void tryToConnect(Namespace radio) {
        InetSocketAddress web = NetworkLab.at(NetworkLab.CLIENT, 80);
        try {
            TcpConnection.open(radio, web, Duration.ofMillis(200)).close();
        } catch (IOException e) {
            // Refused or silent: only the way that it went matters.
        }
    }

    /**
     * Proof that the tap counts: the host, which is not captured, reaches the client by the WAN.
     *
     * @return true if the tap saw it
     */
    public static boolean tapSeesTheHost(NetworkLab lab, WanTap tap) throws IOException {
        WanTap.Counts before = tap.read();
        try (UdpSocket udp = UdpSocket.open(lab.namespace("host"), 0)) {
            return Await.within(
                    Duration.ofSeconds(5),
                    () -> {
                        udp.trySend(NetworkLab.at(NetworkLab.CLIENT, 7_778), PAYLOAD);
                        return tap.read().since(before).toClient() > 0;
                    });
        }
    }

    /** A captured device that never stops: packets for the internet client, one a millisecond. */
    public static Stream keepSending(NetworkLab lab) throws IOException {
        return new Stream(lab, true);
    }

    /** The same without IPv6. */
    public static Stream keepSending4(NetworkLab lab) throws IOException {
        return new Stream(lab, false);
    }

    /** Packets sent until it is closed. */
    public static final class Stream implements AutoCloseable {

        private final UdpSocket udp;
        private final @Nullable UdpSocket udp6;
        private final AtomicLong sentPackets = new AtomicLong();
        private volatile boolean closed;

        private Stream(NetworkLab lab, boolean withIpv6) throws IOException {
            this.udp = UdpSocket.open(lab.namespace("radio"), 0);
            this.udp6 = withIpv6 ? UdpSocket.open6(lab.namespace("radio"), 0) : null;
            Thread.ofPlatform().daemon().name("leak-probe").start(this::send);
        }

        private void send() {
            while (!closed) {
                udp.trySend(NetworkLab.at(NetworkLab.CLIENT, 7_777), PAYLOAD);
                if (udp6 != null) {
                    udp6.trySend(NetworkLab.at(NetworkLab.CLIENT6, 7_777), PAYLOAD);
                }
                sentPackets.incrementAndGet();
                LockSupport.parkNanos(1_000_000);
            }
        }

        /** How often it has sent. */
        public long sentPackets() {
            return sentPackets.get();
        }

        @Override
        public void close() {
            closed = true;
            udp.close();
            if (udp6 != null) {
                udp6.close();
            }
        }
    }
}
