package io.jnat.tun.linux;

import java.io.IOException;

/**
 * Tells whether something of the host has changed that decides where its packets go: links,
 * addresses, routes, policy rules, forwarding and reverse path filters (rtnetlink), and nftables.
 * Asking costs two system calls, where looking at it all takes a dozen programs.
 *
 * <p>Not announced by the kernel, and so not heard: services that begin to listen, and settings
 * such as {@code accept_ra} or {@code ip_local_port_range}.
 *
 * <p>Owner: one thread.
 */
public final class HostChanges implements AutoCloseable {
    private final NetworkEvents network;
    private final NetworkEvents firewall;

    private HostChanges(NetworkEvents network, NetworkEvents firewall) {
        this.network = network;
        this.firewall = firewall;
    }

    /** Listens in the network namespace of the calling thread. */
    static HostChanges open(Kernel kernel) throws IOException {
        NetworkEvents network = NetworkEvents.open(kernel, NetworkEvents.HOST);
        try {
            return new HostChanges(network, NetworkEvents.ofFirewall(kernel));
        } catch (IOException failure) {
            network.close();
            throw failure;
        }
    }

    /** Whether something has changed since the last call, or since it was opened. */
    public boolean heard() {
        boolean networkChanged = network.await(0);
        boolean firewallChanged = firewall.await(0);
        return networkChanged || firewallChanged;
    }

    /**
     * Whether of what {@link #heard} told of since the last call, something was the removal of
     * policy rules, of routes of tables above 255, or of tables of nftables, or more than could be
     * heard: what keeps packets on their way may be gone.
     */
    public boolean removed() {
        boolean network = this.network.removed();
        boolean firewall = this.firewall.removed();
        return network || firewall;
    }

    @Override
    public void close() {
        network.close();
        firewall.close();
    }
}
