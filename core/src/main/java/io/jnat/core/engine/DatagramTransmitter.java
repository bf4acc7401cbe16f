package io.jnat.core.engine;

import io.jnat.core.packet.DatagramBatch;

/** The tunnel's sockets, IPv4 and IPv6 together, as one thread uses them to send. */
public interface DatagramTransmitter {
    /**
     * Step 8: sends every run of the batch, segmented by the kernel where it can; then clears the
     * batch. Allocates nothing.
     *
     * @return how many datagrams the kernel did not take
     */
    int transmit(DatagramBatch batch);
}
