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
 * @param attacks floods and scans that go on, what they do, and what jnat does about it
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
        List<AttackReport> attacks,
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
     * per packet: {@code engineAllocatedBytes} stays where it is. {@code locked}: the kernel may
     * not take any of it back for other programs.
     */
    public record MemoryReport(
            long residentBytes,
            boolean locked,
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

    /**
     * One peer; ages are -1 when it never happened.
     *
     * @param endpoint where it is; empty while that is not known
     * @param up whether there is a session
     * @param presharedKey whether there is one
     * @param rekeys sessions after the first one
     * @param handshakeFailures by cause, those that happened
     * @param replayed packets whose counter was seen or too old
     * @param notAllowed packets whose inner source the allowed IPs refused
     * @param staged packets that wait for a session
     * @param endpointMoves how often it was found elsewhere
     * @param formerEndpoints where it was before, newest last
     * @param mtu largest packet in the tunnel to it, in bytes
     */
    public record PeerReport(
            String name,
            String publicKey,
            String endpoint,
            boolean up,
            long handshakeAgeSeconds,
            long receivedBytes,
            long sentBytes,
            int keepaliveSeconds,
            List<String> allowedIps,
            boolean presharedKey,
            long sessionAgeSeconds,
            long rekeys,
            List<FailureReport> handshakeFailures,
            long replayed,
            long notAllowed,
            long staged,
            long keepalivesSent,
            long keepalivesReceived,
            long endpointMoves,
            List<String> formerEndpoints,
            int mtu) {}

    /** Handshakes that failed for one cause. */
    public record FailureReport(String cause, String explanation, long count) {}

    /**
     * One attack.
     *
     * @param what which kind, rule, device or peer, and its rate
     * @param perSecond packets, flows or messages in the last second
     * @param seconds since it began
     * @param total packets, flows or messages since then
     * @param defence what jnat does about it
     */
    public record AttackReport(
            String what, long perSecond, long seconds, long total, String defence) {}

    /**
     * The flow table.
     *
     * @param evicted half-open or closing flows that made room for others
     * @param refused flows that found no room
     */
    public record FlowsReport(long active, long capacity, long evicted, long refused) {}

    /** One rule and how many flows it let in. */
    public record RuleReport(String kind, String name, long flows, long packets) {}

    /** One reason for drops. */
    public record DropReport(int id, String reason, String explanation, long packets) {}
}
