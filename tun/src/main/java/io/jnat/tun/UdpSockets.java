package io.jnat.tun;

import io.jnat.core.engine.DatagramTransmitter;
import io.jnat.core.engine.Receiver;
import io.jnat.core.packet.Endpoint;
import java.io.IOException;
import java.util.List;

/**
 * The tunnel's sockets: one port, in IPv4 and, where the system has it, IPv6.
 *
 * <p>Control methods may be called by any thread.
 */
public interface UdpSockets extends AutoCloseable {
    /** Hears that a remembered source address does not exist any more (W27). */
    @FunctionalInterface
    interface SourceRefused {
        /**
         * Called by the engine thread that sends, outside the engine's section; must not wait.
         *
         * @param peer the run's {@code runPeer}
         */
        void forget(int peer);
    }

    /** One receiver a family; each is read by one engine thread at a time. */
    List<Receiver> receivers();

    /** What one engine thread sends with. Each thread takes its own. */
    DatagramTransmitter newTransmitter(SourceRefused listener);

    /**
     * Sends one datagram; for handshakes. Thread-safe, may wait for other callers, never for the
     * network. When {@code to}'s local address does not exist any more it is cleared in {@code to},
     * and the datagram is sent once more without it.
     *
     * @return whether the kernel took it; if not, it is counted as a {@link SendFault}
     */
    boolean send(byte[] datagram, Endpoint to, int tos);

    /** The local port. */
    int port();

    /** Sets the firewall mark of what is sent; 0 for none. */
    void mark(int mark) throws IOException;

    /** The firewall mark of what is sent. */
    int mark();

    /**
     * Opens the sockets anew, on {@code port} (0: any). The receivers and transmitters go on with
     * the new ones, under the same descriptor numbers; but the receivers must be given to {@link
     * io.jnat.core.engine.ReadySet#watch} again. When it fails the tunnel is without sockets until
     * the next call.
     */
    void reopen(int port) throws IOException;

    /**
     * Gives the port up until the next {@link #reopen}: nothing is received, and what is sent is
     * lost. The descriptor numbers stay.
     */
    default void shut() throws IOException {
        throw new UnsupportedOperationException("these sockets are always open");
    }

    /** How often something happened, by all transmitters together. */
    long faults(SendFault fault);

    /** What the kernel does for us, as of now. */
    List<Offload> offloads();

    /** Closes the sockets; after the engine has stopped. */
    @Override
    void close();
}
