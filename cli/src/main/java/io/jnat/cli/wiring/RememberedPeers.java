package io.jnat.cli.wiring;

import io.jnat.cli.engine.Log;
import io.jnat.core.time.Clock;
import io.jnat.wireguard.PeerConfig;
import io.jnat.wireguard.PeerEndpoint;
import io.jnat.wireguard.PeerStatus;
import io.jnat.wireguard.WireGuardDevice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Where peers were last, in {@code $JNAT_STATE_DIR/NAME.peers}: a line {@code PUBLICKEY ENDPOINT}
 * each.
 *
 * <p>A relay waits for its sites to call, and a site behind carrier-grade NAT notices a restarted
 * relay only when nothing has come back for 15 s. A relay that remembers calls by itself instead,
 * through the translation that the site's own packets keep open, and the tunnel is back within a
 * round trip.
 *
 * <p>Owner: its thread; {@link #addTo} before that.
 */
final class RememberedPeers {
    private static final long ROUND_MILLIS = 250;

    private final Path file;
    private final Log log;
    private final DiskTrouble trouble;

    /** Has a permit when there may be something to write down, or the instance stops. */
    private final Semaphore news = new Semaphore(0);

    private Map<String, String> written = Map.of();

    RememberedPeers(Path file, Log log, Clock clock) {
        this.file = file;
        this.log = log;
        trouble =
                new DiskTrouble(
                        log,
                        clock,
                        file + ": where peers are",
                        "after a restart they have to call");
    }

    /** The peers with the places that were remembered, where they have none configured. */
    List<PeerConfig> addTo(List<PeerConfig> peers) {
        Map<String, String> known = read();
        written = known;
        List<PeerConfig> all = new ArrayList<>();
        for (PeerConfig peer : peers) {
            String place = known.get(peer.publicKey().base64());
            all.add(peer.endpoint() == null && place != null ? at(peer, place) : peer);
        }
        return all;
    }

    private static PeerConfig at(PeerConfig peer, String place) {
        return new PeerConfig(
                peer.name(),
                peer.publicKey(),
                peer.presharedKey(),
                PeerEndpoint.parse(place),
                peer.allowedIps(),
                peer.persistentKeepaliveSeconds(),
                peer.domain());
    }

    /** The lines that are whole, by public key. */
    private Map<String, String> read() {
        Map<String, String> places = new HashMap<>();
        try {
            String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
            List<String> lines = text.lines().toList();
            for (String line : lines) {
                String[] words = line.split(" ", -1);
                if (words.length == 2 && isAddress(words[1])) {
                    places.put(words[0], words[1]);
                }
            }
            if (places.size() < lines.size()) {
                log.warning(file + " is damaged: peers that it does not name have to call");
            }
        } catch (NoSuchFileException first) {
            return places;
        } catch (AccessDeniedException denied) {
            log.warning(file + " can't be read, so peers have to call: permission denied");
        } catch (IOException unreadable) {
            log.warning(file + " can't be read, so peers have to call: " + unreadable.getMessage());
        }
        return places;
    }

    /** Whether it is an address and a port: a name was never written down. */
    private static boolean isAddress(String place) {
        try {
            return PeerEndpoint.parse(place).literal() != null;
        } catch (IllegalArgumentException damaged) {
            return false;
        }
    }

    /** A peer that has just called may be at another place: looks at once. Any thread. */
    void wake() {
        news.release();
    }

    /**
     * Writes down where the peers are until the instance stops, from the first handshake on, and
     * once more then: a place that is a second old may be gone. Also {@link #wake} for the stop.
     */
    void keep(CountDownLatch stopping, WireGuardDevice wireguard) {
        try {
            boolean stop = false;
            while (!stop) {
                if (news.tryAcquire(ROUND_MILLIS, TimeUnit.MILLISECONDS)) {
                    news.drainPermits();
                }
                stop = stopping.getCount() == 0;
                remember(wireguard.status());
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** Writes down where the peers are, if that has changed. */
    private void remember(List<PeerStatus> peers) {
        Map<String, String> places = new HashMap<>();
        for (PeerStatus peer : peers) {
            String place = peer.endpoint();
            if (place != null) {
                places.put(peer.config().publicKey().base64(), place);
            }
        }
        if (places.equals(written) || trouble.isResting()) {
            return;
        }
        StringBuilder text = new StringBuilder();
        places.forEach((key, place) -> text.append(key).append(' ').append(place).append('\n'));
        Path next = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.writeString(next, text);
            Files.move(
                    next,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            written = places;
            trouble.onWritten();
        } catch (IOException failure) {
            trouble.onFailure(failure);
        }
    }
}
