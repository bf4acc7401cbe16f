package io.jnat.cli.wg;

import io.jnat.cli.engine.EngineAssembly;
import io.jnat.cli.engine.Log;
import io.jnat.cli.engine.WarmUp;
import io.jnat.cli.engine.WireGuardEventLog;
import io.jnat.core.engine.Layout;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import io.jnat.core.time.Clock;
import io.jnat.nat.PassThrough;
import io.jnat.tun.SocketOptions;
import io.jnat.tun.TunDevice;
import io.jnat.tun.TunOptions;
import io.jnat.tun.TunState;
import io.jnat.tun.UdpSockets;
import io.jnat.tun.linux.Linux;
import io.jnat.wireguard.DeviceCommand;
import io.jnat.wireguard.DeviceConfig;
import io.jnat.wireguard.PeerStatus;
import io.jnat.wireguard.WireGuardDevice;
import io.jnat.wireguard.WireGuardKey;
import io.jnat.wireguard.timer.WireGuardTiming;
import io.jnat.wireguard.uapi.ConfiguredPeers;
import io.jnat.wireguard.uapi.DeviceChange;
import io.jnat.wireguard.uapi.DeviceSnapshot;
import io.jnat.wireguard.uapi.PeerSnapshot;
import io.jnat.wireguard.uapi.UapiDevice;
import io.jnat.wireguard.uapi.UapiError;
import io.jnat.wireguard.uapi.UapiException;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A stand-alone WireGuard device: a TUN device, the tunnel's sockets and the engine between them,
 * without NAT. Sockets are open only while the device is up, as in other implementations, and stay
 * in the network namespace of this process wherever the device is moved (W44).
 *
 * <p>Any thread; what changes is guarded by this.
 */
final class WgDevice implements UapiDevice, AutoCloseable {
    private static final int DEVICE_LINK = 0;
    private static final int TUNNEL_LINK = 1;
    private static final int DEFAULT_MTU_BYTES = 1420;
    private static final int APPLY_SECONDS = 10;

    private final Log log;
    private final TunDevice tun;
    private final UdpSockets sockets;
    private final Link deviceLink;
    private final Link tunnelLink;
    private final WireGuardDevice wireGuard;
    private final EngineAssembly engine;
    private final ConfiguredPeers peers = new ConfiguredPeers();

    private @Nullable WireGuardKey privateKey;
    private @Nullable WireGuardKey ownPublicKey;

    /** As set, or as picked when the sockets were first opened. */
    private int port;

    private int fwmark;
    private boolean open;
    private boolean openFailed;

    /** Whether the compilation of the packets' way has begun. */
    private boolean prepared;

    private WgDevice(TunDevice tun, UdpSockets sockets, boolean awake, Log log) throws IOException {
        this.tun = tun;
        this.sockets = sockets;
        this.log = log;
        deviceLink = new Link(DEVICE_LINK, tun.name(), Zone.LAN, DEFAULT_MTU_BYTES);
        tunnelLink = new Link(TUNNEL_LINK, "tunnel", Zone.TUNNEL, DEFAULT_MTU_BYTES);
        wireGuard =
                new WireGuardDevice(
                        new DeviceConfig(
                                null,
                                false,
                                DeviceConfig.DEFAULT_STAGING_BYTES,
                                WireGuardTiming.ofProperty()),
                        tunnelLink,
                        List.of(),
                        Clock.MONOTONIC,
                        InstantSource.system(),
                        new WireGuardEventLog(log));
        engine =
                new EngineAssembly(
                        Layout.forCores(Runtime.getRuntime().availableProcessors()),
                        new EngineAssembly.ThreadSettings(null, List.of(), awake),
                        List.of(deviceLink, tunnelLink),
                        tunnelLink,
                        List.of(tun),
                        sockets,
                        wireGuard,
                        new PassThrough(DEVICE_LINK, TUNNEL_LINK),
                        log);
    }

    /**
     * Makes the device, without keys and peers, and starts it.
     *
     * @param awake whether cores are kept from sleeping while packets flow
     * @throws IOException naming what could not be had and what to do
     */
    static WgDevice open(String name, boolean awake, Log log) throws IOException {
        Linux.takeUnusedPagesBack();
        TunDevice tun = Linux.openTun(new TunOptions(name, DEFAULT_MTU_BYTES, true), DEVICE_LINK);
        UdpSockets sockets = null;
        WgDevice device;
        try {
            Linux.giveNoLinkLocalAddress(tun.interfaceIndex());
            sockets = Linux.openSockets(new SocketOptions(0, 0, true));
            sockets.shut();
            device = new WgDevice(tun, sockets, awake, log);
        } catch (IOException failure) {
            if (sockets != null) {
                sockets.close();
            }
            tun.close();
            throw failure;
        }
        device.engine.start();
        device.wireGuard.submit(new DeviceCommand.Suspend());
        return device;
    }

    /**
     * Looks how the device is, and follows; false when it is gone. Called several times a second.
     */
    synchronized boolean follow() {
        TunState state;
        try {
            state = tun.state();
        } catch (IOException unknown) {
            log.limited(Log.Level.WARNING, String.valueOf(unknown.getMessage()));
            return true;
        }
        if (state.gone()) {
            return false;
        }
        if (state.mtuBytes() != 0 && state.mtuBytes() != tunnelLink.deviceMtu()) {
            log.info("MTU is " + state.mtuBytes());
            deviceLink.deviceMtu(state.mtuBytes());
            tunnelLink.deviceMtu(state.mtuBytes());
        }
        if (state.up() && !open) {
            goUp();
        } else if (!state.up() && open) {
            goDown();
        }
        return true;
    }

    private void goUp() {
        try {
            listen(port);
        } catch (IOException failure) {
            if (!openFailed) {
                log.error(failure.getMessage() + "; tried again until it works");
            }
            openFailed = true;
            return;
        }
        openFailed = false;
        open = true;
        wireGuard.submit(new DeviceCommand.Resume());
        log.info("interface is up, listening on UDP port " + port);
        if (!prepared) {
            // Not before: it takes the processor for seconds, and who sets the device up waits.
            prepared = true;
            WarmUp.start(false, engine, log);
        }
    }

    private void goDown() {
        open = false;
        wireGuard.submit(new DeviceCommand.Suspend());
        awaitEngine();
        try {
            sockets.shut();
        } catch (IOException failure) {
            log.error(String.valueOf(failure.getMessage()));
        }
        log.info("interface is down");
    }

    private void listen(int wanted) throws IOException {
        sockets.reopen(wanted);
        engine.engine().rewatchSockets();
        port = sockets.port();
        wireGuard.submit(new DeviceCommand.ForgetSources());
    }

    @Override
    public synchronized DeviceSnapshot snapshot() {
        Map<WireGuardKey, PeerStatus> running = new HashMap<>();
        for (PeerStatus status : wireGuard.status()) {
            running.put(status.config().publicKey(), status);
        }
        List<PeerSnapshot> all = new ArrayList<>();
        for (ConfiguredPeers.Configured peer : peers.peers()) {
            PeerStatus status = running.get(peer.publicKey());
            all.add(
                    new PeerSnapshot(
                            peer.publicKey(),
                            peer.presharedKey(),
                            status == null ? null : status.endpoint(),
                            status == null ? null : status.lastHandshake(),
                            status == null ? 0 : status.txBytes(),
                            status == null ? 0 : status.rxBytes(),
                            peer.persistentKeepaliveSeconds(),
                            peer.allowedIps()));
        }
        return new DeviceSnapshot(privateKey, port, fwmark, all);
    }

    /** What can fail comes first and is put back; the rest can't fail (W42). */
    @Override
    public synchronized void apply(DeviceChange change) throws UapiException {
        peers.check(change);
        Integer mark = change.fwmark();
        if (mark != null) {
            mark(mark);
        }
        Integer newPort = change.listenPort();
        if (newPort != null && newPort != port) {
            changePort(newPort);
        }
        if (mark != null) {
            fwmark = mark;
            wireGuard.submit(new DeviceCommand.ForgetSources());
        }
        WireGuardKey key = change.privateKey();
        if (key != null) {
            changeKey(key.isZero() ? null : key);
        }
        for (DeviceCommand command : peers.apply(change, ownPublicKey)) {
            wireGuard.submit(command);
        }
        awaitEngine();
    }

    private void mark(int mark) throws UapiException {
        try {
            sockets.mark(mark);
        } catch (IOException refused) {
            throw new UapiException(UapiError.NOT_PERMITTED, String.valueOf(refused.getMessage()));
        }
    }

    private void changePort(int wanted) throws UapiException {
        if (!open) {
            port = wanted;
            return;
        }
        int before = port;
        try {
            listen(wanted);
        } catch (IOException taken) {
            mark(fwmark);
            try {
                listen(before);
            } catch (IOException lost) {
                open = false; // follow() tries again
                log.error(String.valueOf(lost.getMessage()));
            }
            throw new UapiException(UapiError.PORT_IN_USE, String.valueOf(taken.getMessage()));
        }
    }

    /** The same key again changes nothing, so that {@code wg syncconf} keeps sessions (W43). */
    private void changeKey(@Nullable WireGuardKey key) {
        if (key == null ? privateKey != null : !key.equals(privateKey)) {
            privateKey = key;
            ownPublicKey = key == null ? null : key.publicKey();
            wireGuard.submit(new DeviceCommand.SetPrivateKey(key));
        }
    }

    /** Waits until the engine has done all that it was told. */
    private void awaitEngine() {
        CountDownLatch done = new CountDownLatch(1);
        engine.engine().submit(nowNanos -> done.countDown());
        try {
            if (!done.await(APPLY_SECONDS, TimeUnit.SECONDS)) {
                log.error("the engine does not answer");
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits until there may be something to {@link #follow}, or the time is over. */
    void awaitChange(long nanos) throws InterruptedException {
        tun.awaitChange(nanos);
    }

    @Override
    public void close() {
        engine.close();
    }
}
