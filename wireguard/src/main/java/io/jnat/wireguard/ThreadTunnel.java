package io.jnat.wireguard;

import io.jnat.core.engine.StepRunner;
import io.jnat.core.engine.Tunnel;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.wireguard.crypto.PacketCipher;
import org.jspecify.annotations.Nullable;

/** The device as one engine thread sees it. Owner: that thread. */
final class ThreadTunnel implements Tunnel {
    private final WireGuardDevice device;
    private final Opener opener;
    private final Sealer sealer;
    private final PacketCipher cipher;

    /**
     * @param ciphers by worker number, the thread's own first
     */
    ThreadTunnel(WireGuardDevice device, StepRunner runner, PacketCipher[] ciphers) {
        this.device = device;
        opener = new Opener(device, runner, ciphers);
        sealer = new Sealer(device, runner, ciphers);
        cipher = ciphers[0];
    }

    @Override
    public void open(Burst burst) {
        opener.open(burst);
    }

    @Override
    public void accept(Burst burst) {
        opener.accept(burst);
        device.wakeForDeadline();
    }

    @Override
    public @Nullable DropReason stage(Packet packet, DatagramBatch batch, long nowNanos) {
        DropReason reason = sealer.stage(packet, batch, nowNanos);
        device.wakeForDeadline();
        return reason;
    }

    @Override
    public boolean room(Packet packet, DatagramBatch batch) {
        return sealer.room(packet, batch);
    }

    @Override
    public void seal(DatagramBatch batch) {
        sealer.seal(batch);
    }

    @Override
    public void onTimer(DatagramBatch batch, long nowNanos) {
        device.runTimers(nowNanos);
        sealer.flushReady(batch, nowNanos);
    }

    @Override
    public long nextDeadlineNanos(long nowNanos) {
        return device.nextDeadlineNanos(nowNanos);
    }

    @Override
    public void keepWarm() {
        cipher.keepWarm();
    }
}
