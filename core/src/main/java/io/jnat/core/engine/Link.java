package io.jnat.core.engine;

/**
 * One way into and out of the engine: a TUN device, or the tunnel. Packets name links by {@link
 * #id}.
 *
 * <p>{@link #mtu} is written by the control plane and read by engine threads; it is the smaller of
 * the device's MTU and what the path behind it was found to carry. The tunnel has a path for each
 * peer.
 */
public final class Link {
    private final int id;
    private final String name;
    private final Zone zone;
    private volatile int deviceMtu;
    private volatile int mtu;

    /** Owner: whoever holds this link's lock. */
    private int pathMtu = Integer.MAX_VALUE;

    /** By peer; replaced as a whole. */
    private volatile int[] pathMtus = {};

    /**
     * Names a link.
     *
     * @param id index in the engine's list of links, from 0
     * @param name the device's name, for people
     * @param zone what it stands for
     * @param mtu largest packet that may leave by it, in bytes
     */
    public Link(int id, String name, Zone zone, int mtu) {
        this.id = id;
        this.name = name;
        this.zone = zone;
        this.deviceMtu = mtu;
        this.mtu = mtu;
    }

    /** Index in the engine's list of links. */
    public int id() {
        return id;
    }

    /** The device's name. */
    public String name() {
        return name;
    }

    /** What it stands for. */
    public Zone zone() {
        return zone;
    }

    /** Largest packet that leaves by it, in bytes; of the tunnel, to any peer. */
    public int mtu() {
        return mtu;
    }

    /**
     * Largest packet that leaves by it to a peer, in bytes.
     *
     * @param peer of the tunnel; -1: none
     */
    public int mtu(int peer) {
        int[] paths = pathMtus;
        return peer >= 0 && peer < paths.length ? Math.min(mtu, paths[peer]) : mtu;
    }

    /** The same, were its path to carry everything. */
    public int deviceMtu() {
        return deviceMtu;
    }

    /** Follows a change of the device's MTU. */
    public synchronized void deviceMtu(int bytes) {
        deviceMtu = bytes;
        mtu = Math.min(bytes, pathMtu);
    }

    /**
     * What the interface behind a TUN device takes in one piece, in bytes; may be more than the
     * device's MTU.
     */
    public synchronized void pathMtu(int bytes) {
        pathMtu = bytes;
        mtu = Math.min(deviceMtu, bytes);
    }

    /** What the tunnel's paths carry in one piece, in bytes, by peer; those not named: all. */
    public void pathMtus(int[] bytes) {
        pathMtus = bytes.clone();
    }
}
