package io.jnat.core.engine;

import java.util.List;

/**
 * Receivers that are watched and moved between engine threads together: the devices, or the
 * tunnel's sockets.
 */
final class ReceiverGroup {
    private final Receiver[] receivers;
    private final int firstToken;

    ReceiverGroup(List<Receiver> receivers, int firstToken) {
        this.receivers = receivers.toArray(Receiver[]::new);
        this.firstToken = firstToken;
    }

    int size() {
        return receivers.length;
    }

    Receiver at(int index) {
        return receivers[index];
    }

    boolean isReady(int index, long readable) {
        return (readable >>> (firstToken + index) & 1) != 0;
    }

    /** Which descriptors of a receiver the set's last wait found readable, by bit. */
    long readable(int index, ReadySet readySet) {
        return readySet.readable(firstToken + index);
    }

    void watch(ReadySet readySet) {
        for (int at = 0; at < receivers.length; at++) {
            readySet.watch(receivers[at].fileDescriptors(), firstToken + at);
        }
    }

    void unwatch(ReadySet readySet) {
        for (Receiver receiver : receivers) {
            readySet.unwatch(receiver.fileDescriptors());
        }
    }
}
