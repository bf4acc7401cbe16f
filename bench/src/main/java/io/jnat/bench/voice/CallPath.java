package io.jnat.bench.voice;

import java.io.IOException;

/** What carries the packets of calls, there and back. */
public interface CallPath extends AutoCloseable {
    /** Begins to hand what arrives to the recorder, until {@link #stop}. */
    void start(Recorder recorder) throws IOException;

    /**
     * Sends one packet. Owner: the run's one sender thread. Allocates nothing; a packet that the
     * network refuses is lost.
     */
    void send(int run, int call, Direction direction, int sequence, long dueNanos, int bytes)
            throws IOException;

    /** Ends what {@link #start} began, and waits until nothing more is recorded. */
    void stop();

    @Override
    void close() throws IOException;
}
