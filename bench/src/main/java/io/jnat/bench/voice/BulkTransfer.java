package io.jnat.bench.voice;

import java.io.IOException;

/** A transfer that takes all it can get, beside the calls, until it is closed. */
public interface BulkTransfer extends AutoCloseable {
    /** What has arrived, on average since it began. */
    double bitsPerSecond();

    @Override
    void close() throws IOException;
}
