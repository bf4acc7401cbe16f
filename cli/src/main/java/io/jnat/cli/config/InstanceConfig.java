package io.jnat.cli.config;

/**
 * What both roles have.
 *
 * @param name of this instance: its control socket, state and nft table carry it
 * @param tun prefix of its TUN devices: {@code jnat} makes {@code jnat-wan} and {@code jnat-lan}
 * @param mtu largest packet in the tunnel, in bytes
 * @param tunnel this end of the tunnel
 * @param engine how the engine runs
 * @param timeouts how long idle flows live
 */
public record InstanceConfig(
        String name,
        String tun,
        int mtu,
        TunnelConfig tunnel,
        EngineConfig engine,
        TimeoutConfig timeouts) {
    /** Name of an instance unless configured. */
    public static final String NAME = "jnat";

    /** MTU inside the tunnel unless configured, in bytes. */
    public static final int MTU = 1420;
}
