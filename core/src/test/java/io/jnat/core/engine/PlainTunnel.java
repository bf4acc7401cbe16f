package io.jnat.core.engine;

import io.jnat.core.packet.Burst;
import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import org.jspecify.annotations.Nullable;

/** A tunnel without encryption, which packets come out of and go into none. */
abstract class PlainTunnel implements Tunnel {
    private final int link;

    PlainTunnel(int link) {
        this.link = link;
    }

    @Override
    public void accept(Burst burst) {
        for (int at = 0; at < burst.count; at++) {
            burst.packets[at].inLink = link;
            burst.packets[at].inPeer = 0;
        }
    }

    @Override
    public @Nullable DropReason stage(Packet packet, DatagramBatch batch, long nowNanos) {
        return DropReason.TUNNEL_NO_PEER;
    }

    @Override
    public boolean room(Packet packet, DatagramBatch batch) {
        return true;
    }

    @Override
    public void seal(DatagramBatch batch) {}

    @Override
    public void onTimer(DatagramBatch batch, long nowNanos) {}

    @Override
    public long nextDeadlineNanos(long nowNanos) {
        return nowNanos + PlainPolicy.DAY_NANOS;
    }

    @Override
    public void keepWarm() {}
}
