package io.jnat.cli.control;

import java.util.List;

/**
 * What {@code jnat status --json} prints; times in seconds unless the name says otherwise. Fields
 * are added, never renamed, while the schema version stays.
 *
 * @param version of jnat
 * @param role relay or router
 * @param name the instance's
 * @param pid of the process
 * @param uptimeSeconds since its start
 * @param healthy whether everything that should work does
 * @param problems why it is not healthy, one line each
 * @param engine threads and faults
 * @param memory of the process
 * @param offloads what the kernel takes, and why it does not
 * @param links devices and the tunnel
 * @param tunnel peers
 * @param flows how full the table is
 * @param rules how often each was used
 * @param drops by reason, those that happened
 */
public record StatusReport(
        String version,
        String role,
        String name,
        long pid,
        long uptimeSeconds,
        boolean healthy,
        List<String> problems,
        EngineReport engine,
        MemoryReport memory,
        List<OffloadReport> offloads,
        List<LinkReport> links,
        TunnelReport tunnel,
        FlowsReport flows,
        List<RuleReport> rules,
        List<DropReport> drops) {

    /**
     * Engine threads: layout, how often the sockets moved to the second thread, faults caught; the
     * cipher in use and why.
     */
    public record EngineReport(
            String layout,
            int cores,
            long splits,
            long faults,
            String cipher,
            String cipherReason) {}

    /**
     * What the process holds, and how often it collects garbage. Engine threads allocate nothing
     * per packet: {@code engineAllocatedBytes} stays where it is.
     */
    public record MemoryReport(
            long residentBytes,
            long heapBytes,
            long collections,
            long collectionMillis,
            long engineAllocatedBytes) {}

    /** One offload of one device or socket; {@code why} is empty while it is in use. */
    public record OffloadReport(String device, String offload, boolean inUse, String why) {}

    /** One link, with its traffic. */
    public record LinkReport(
            String name,
            String zone,
            int mtu,
            long receivedPackets,
            long receivedBytes,
            long sentPackets,
            long sentBytes) {}

    /** The tunnel's socket and peers. */
    public record TunnelReport(String publicKey, int listenPort, List<PeerReport> peers) {}

    /** One peer; ages are -1 when it never happened. */
    public record PeerReport(
            String name,
            String publicKey,
            String endpoint,
            boolean up,
            long handshakeAgeSeconds,
            long receivedBytes,
            long sentBytes,
            int keepaliveSeconds,
            List<String> allowedIps) {}

    /** The flow table. */
    public record FlowsReport(long active, long capacity) {}

    /** One rule and how many flows it let in. */
    public record RuleReport(String kind, String name, long flows, long packets) {}

    /** One reason for drops. */
    public record DropReport(int id, String reason, String explanation, long packets) {}
}
