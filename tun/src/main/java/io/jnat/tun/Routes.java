package io.jnat.tun;

import io.jnat.core.packet.Endpoint;

/**
 * The routes of the network namespace in which it was opened: hears when they change, and answers
 * by which interface a datagram would leave. Owner: one thread, but for {@link #wake}.
 */
public interface Routes extends AutoCloseable {
    /** No way out, or the system did not tell. */
    int UNKNOWN = 0;

    /** Waits until routes, rules, addresses or links have changed, or {@link #wake} is called. */
    void awaitChange();

    /** Ends the wait. Any thread. */
    void wake();

    /**
     * The index of the interface by which a datagram to {@code path} would leave from its local
     * address, or {@link #UNKNOWN}.
     *
     * @param mark firewall mark of the socket; 0 for none
     */
    int interfaceTowards(Endpoint path, int mark);

    @Override
    void close();
}
