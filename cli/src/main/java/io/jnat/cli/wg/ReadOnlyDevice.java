package io.jnat.cli.wg;

import io.jnat.wireguard.PeerStatus;
import io.jnat.wireguard.WireGuardDevice;
import io.jnat.wireguard.WireGuardKey;
import io.jnat.wireguard.uapi.DeviceChange;
import io.jnat.wireguard.uapi.DeviceSnapshot;
import io.jnat.wireguard.uapi.PeerSnapshot;
import io.jnat.wireguard.uapi.UapiDevice;
import io.jnat.wireguard.uapi.UapiError;
import io.jnat.wireguard.uapi.UapiException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

/**
 * The tunnel of a running relay or router as {@code wg show} sees it. Changes are refused, because
 * the configuration file owns them. Any thread.
 */
public final class ReadOnlyDevice implements UapiDevice {
    private final WireGuardDevice wireGuard;
    private final WireGuardKey privateKey;
    private final IntSupplier port;

    /**
     * Shows a device.
     *
     * @param port its UDP port at the moment
     */
    public ReadOnlyDevice(WireGuardDevice wireGuard, WireGuardKey privateKey, IntSupplier port) {
        this.wireGuard = wireGuard;
        this.privateKey = privateKey;
        this.port = port;
    }

    @Override
    public DeviceSnapshot snapshot() {
        List<PeerSnapshot> peers = new ArrayList<>();
        for (PeerStatus peer : wireGuard.status()) {
            peers.add(PeerSnapshot.of(peer, wireGuard.presharedKey(peer.config().publicKey())));
        }
        return new DeviceSnapshot(privateKey, port.getAsInt(), 0, peers);
    }

    @Override
    public void apply(DeviceChange change) throws UapiException {
        throw new UapiException(
                UapiError.NOT_PERMITTED,
                "the configuration file owns this tunnel; change it there and reload");
    }
}
