package io.jnat.wireguard.session;

import org.jspecify.annotations.Nullable;

/**
 * A peer's up to three sessions (W5): {@code current} sends; {@code previous} still decrypts;
 * {@code next} is one that we answered and that becomes current with its first authenticated
 * packet. Whatever falls out is wiped and its index ends.
 *
 * <p>Owner: engine, in the section.
 */
public final class PeerSessions {
    private final IndexTable table;
    private @Nullable Keypair current;
    private @Nullable Keypair previous;
    private @Nullable Keypair next;

    /** Whether current and previous come from two handshakes that met, one of each end's. */
    private boolean crossed;

    /** No sessions yet. */
    public PeerSessions(IndexTable table) {
        this.table = table;
    }

    /** The session that sends; null when there is none. */
    public @Nullable Keypair current() {
        return current;
    }

    /** Takes in a session; only once for each. */
    public void install(Keypair fresh) {
        fresh.markInstalled();
        if (!fresh.initiator()) {
            drop(next);
            next = fresh;
            drop(previous);
            previous = null;
            crossed = false;
            return;
        }
        drop(previous);
        crossed = next != null;
        if (next != null) {
            drop(current);
            previous = next;
            next = null;
        } else {
            previous = current;
        }
        current = fresh;
    }

    /**
     * An authenticated packet came under a session.
     *
     * @return whether this made it the current one
     */
    public boolean promote(Keypair received) {
        if (received == next) {
            next = null; // its handshake has ended the previous one
        } else if (received != previous || !crossed || !isChosen(received)) {
            return false;
        }
        crossed = false;
        previous = current;
        current = received;
        return true;
    }

    /**
     * Of two sessions whose handshakes have met, both ends take the same one (our own choice).
     * Otherwise each sends under its own and renews it, and with the two new handshakes, which meet
     * again, ends the session that the other one still sends under.
     */
    private boolean isChosen(Keypair received) {
        return current != null
                && Integer.compareUnsigned(initiatorIndex(received), initiatorIndex(current)) < 0;
    }

    private static int initiatorIndex(Keypair keypair) {
        return keypair.initiator() ? keypair.localIndex() : keypair.remoteIndex();
    }

    /** Ends and wipes all sessions. */
    public void clear() {
        drop(current);
        drop(previous);
        drop(next);
        current = null;
        previous = null;
        next = null;
        crossed = false;
    }

    private void drop(@Nullable Keypair keypair) {
        if (keypair != null) {
            table.remove(keypair);
            keypair.destroy();
        }
    }
}
