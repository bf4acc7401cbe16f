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
            return;
        }
        drop(previous);
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
        if (received != next) {
            return false;
        }
        drop(previous);
        previous = current;
        current = received;
        next = null;
        return true;
    }

    /** Ends and wipes all sessions. */
    public void clear() {
        drop(current);
        drop(previous);
        drop(next);
        current = null;
        previous = null;
        next = null;
    }

    private void drop(@Nullable Keypair keypair) {
        if (keypair != null) {
            table.remove(keypair);
            keypair.destroy();
        }
    }
}
