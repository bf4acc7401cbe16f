package io.jnat.wireguard;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a peer looks like at one moment.
 *
 * @param index the peer's number, as packets name it
 * @param config as configured now, but without the preshared key
 * @param hasPresharedKey whether it has one; {@link WireGuardDevice#presharedKey} shows it
 * @param endpoint where it is; null when that is not known
 * @param lastHandshake when the last session came about, by the wall clock of then; null when there
 *     was none
 * @param handshakeAge how long ago that was, whatever the wall clock has been set to since; null
 *     when there was none
 * @param sessionAge age of the session that sends; null when there is none
 * @param rxBytes bytes received, WireGuard's own included
 * @param txBytes bytes sent, WireGuard's own included
 * @param sessions how many sessions came about: rekeys plus one
 * @param failures failed handshakes by cause
 * @param replayed packets whose counter was seen or too old
 * @param notAllowed packets whose inner source the AllowedIPs refused
 * @param staged packets that wait for a session
 * @param keepalivesSent keepalives sent
 * @param keepalivesReceived keepalives received
 * @param endpointMoves how often the endpoint moved
 * @param lastEndpoints where it was before, newest last
 */
public record PeerStatus(
        int index,
        PeerConfig config,
        boolean hasPresharedKey,
        @Nullable String endpoint,
        @Nullable Instant lastHandshake,
        @Nullable Duration handshakeAge,
        @Nullable Duration sessionAge,
        long rxBytes,
        long txBytes,
        long sessions,
        Map<HandshakeFailure, Long> failures,
        long replayed,
        long notAllowed,
        long staged,
        long keepalivesSent,
        long keepalivesReceived,
        long endpointMoves,
        List<String> lastEndpoints) {

    /** How a peer is now; any thread. */
    static PeerStatus of(Peer peer, long nowNanos) {
        PeerCounters count = peer.counters();
        List<String> places = peer.published().read();
        long epochNanos = count.get(PeerCounters.LAST_HANDSHAKE_EPOCH_NANOS);
        // A session may have come about since nowNanos was read.
        long ageNanos = Math.max(0, nowNanos - count.get(PeerCounters.SESSION_BORN_NANOS));
        Duration handshakeAge = epochNanos == 0 ? null : Duration.ofNanos(ageNanos);
        Map<HandshakeFailure, Long> failures = new EnumMap<>(HandshakeFailure.class);
        for (HandshakeFailure cause : HandshakeFailure.values()) {
            failures.put(cause, peer.failures(cause));
        }
        return new PeerStatus(
                peer.index(),
                peer.config(),
                peer.presharedKey().isSet(),
                places.isEmpty() ? null : places.getLast(),
                epochNanos == 0 ? null : Instant.ofEpochSecond(0, epochNanos),
                handshakeAge,
                count.get(PeerCounters.SESSION_ALIVE) == 0 ? null : handshakeAge,
                count.get(PeerCounters.RX_BYTES),
                count.get(PeerCounters.TX_BYTES),
                count.get(PeerCounters.SESSIONS),
                failures,
                count.get(PeerCounters.REPLAYED),
                count.get(PeerCounters.NOT_ALLOWED),
                count.get(PeerCounters.STAGED),
                count.get(PeerCounters.KEEPALIVES_SENT),
                count.get(PeerCounters.KEEPALIVES_RECEIVED),
                count.get(PeerCounters.ENDPOINT_MOVES),
                places);
    }
}
