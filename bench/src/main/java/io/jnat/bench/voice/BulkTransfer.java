package io.jnat.bench.voice;

import java.io.IOException;

/** A transfer that takes all it can get, beside the calls, until it is closed. */
public interface BulkTransfer extends AutoCloseable {
    /**
     * What has arrived, on average since it began.
     *
     * @throws IOException if it did not go on until now: nothing was measured beside it then
     */
    double bitsPerSecond() throws IOException;

    @Override
    void close() throws IOException;
}
