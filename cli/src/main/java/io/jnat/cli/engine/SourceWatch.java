package io.jnat.cli.engine;

import io.jnat.core.packet.Endpoint;
import io.jnat.tun.Routes;
import io.jnat.tun.UdpSockets;
import io.jnat.tun.linux.Linux;
import io.jnat.wireguard.DeviceCommand;
import io.jnat.wireguard.WireGuardDevice;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Watches the routes. Replies to a peer leave from the address that its packets come to (W27), but
 * only as long as they leave by the interface that these packets come in by, as in Linux: when
 * another uplink takes over, its own address is used at once.
 *
 * <p>A thread of its own, at rest while nothing changes.
 */
final class SourceWatch implements AutoCloseable {
    /** So that a storm of route changes costs little. */
    private static final long REST_MILLIS = 50;

    private static final int ANSWER_SECONDS = 5;

    private final Routes routes;
    private final UdpSockets sockets;
    private final WireGuardDevice wireguard;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Thread thread = Thread.ofPlatform().daemon().name("routes").unstarted(this::run);

    private SourceWatch(Routes routes, UdpSockets sockets, WireGuardDevice wireguard) {
        this.routes = routes;
        this.sockets = sockets;
        this.wireguard = wireguard;
    }

    /** Begins to watch the namespace that the caller and the sockets are in. */
    static SourceWatch start(UdpSockets sockets, WireGuardDevice wireguard) throws IOException {
        SourceWatch watch = new SourceWatch(Linux.openRoutes(), sockets, wireguard);
        watch.thread.start();
        return watch;
    }

    private void run() {
        try {
            do {
                routes.awaitChange();
                if (stopping.getCount() != 0) {
                    judge();
                }
            } while (!stopping.await(REST_MILLIS, TimeUnit.MILLISECONDS));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void judge() throws InterruptedException {
        Map<Integer, Endpoint> paths;
        try {
            paths = wireguard.paths().get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException engineStopped) {
            return;
        }
        paths.forEach(this::judge);
    }

    private void judge(int peer, Endpoint path) {
        int way = routes.interfaceTowards(path, sockets.mark());
        if (way != Routes.UNKNOWN && path.localInterface != Routes.UNKNOWN) {
            wireguard.submit(new DeviceCommand.JudgeSource(peer, path, way == path.localInterface));
        }
    }

    @Override
    public void close() {
        stopping.countDown();
        routes.wake();
        try {
            thread.join();
            routes.close(); // not before: its descriptors may have come to mean something else
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
