package io.jnat.nat;

import io.jnat.core.engine.Emitter;
import io.jnat.core.engine.Policy;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;

/**
 * The policy of a stand-alone WireGuard device: what comes from the device goes into the tunnel, to
 * the peer whose AllowedIPs hold its destination, and what comes from the tunnel goes to the
 * device. The kernel routes, filters and looks after sizes.
 *
 * <p>Stateless.
 */
public final class PassThrough implements Policy {
    private final int deviceLink;
    private final int tunnelLink;

    /** Joins two links. */
    public PassThrough(int deviceLink, int tunnelLink) {
        this.deviceLink = deviceLink;
        this.tunnelLink = tunnelLink;
    }

    @Override
    public void track(Packet packet, Emitter emitter, long nowNanos) {
        packet.outLink = packet.inLink == tunnelLink ? deviceLink : tunnelLink;
        packet.outPeer = -1;
    }

    @Override
    public void translate(Packet packet, long nowNanos) {
        // Packets leave as they came.
    }

    @Override
    public void undeliverable(Packet packet, DropReason reason, Emitter emitter, long nowNanos) {
        // As with the kernel's WireGuard device, whoever sent it finds out by itself.
    }

    @Override
    public void onTimer(Emitter emitter, long nowNanos) {
        // Nothing is kept, so nothing is due.
    }

    @Override
    public long nextDeadlineNanos(long nowNanos) {
        return nowNanos + 86_400_000_000_000L;
    }
}
