package io.jnat.core.engine;

import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import java.util.concurrent.TimeUnit;

/** A policy that leaves packets as they are, and has nothing to do later. */
abstract class PlainPolicy implements Policy {
    static final long DAY_NANOS = TimeUnit.DAYS.toNanos(1);

    @Override
    public void translate(Packet packet, long nowNanos) {}

    @Override
    public void undeliverable(Packet packet, DropReason reason, Emitter emitter, long nowNanos) {}

    @Override
    public void onTimer(Emitter emitter, long nowNanos) {}

    @Override
    public long nextDeadlineNanos(long nowNanos) {
        return nowNanos + DAY_NANOS;
    }
}
