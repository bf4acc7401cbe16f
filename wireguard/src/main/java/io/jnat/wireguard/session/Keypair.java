package io.jnat.wireguard.session;

import io.jnat.wireguard.crypto.PacketKey;

/**
 * A session: two keys, two indices, the sending counter and the replay window.
 *
 * <p>Keys and indices: any thread. Counter, window and flags: engine, in the section.
 */
public final class Keypair extends IndexEntry {
    private final int remoteIndex;
    private final boolean initiator;
    private final long bornNanos;
    private final long bornEpochNanos;
    private final Object ownKeys;
    private final PacketKey sendKey;
    private final PacketKey receiveKey;
    private final ReplayWindow window = new ReplayWindow();
    private long sendCounter;
    private boolean sendable = true;
    private boolean installed;

    /**
     * A session fresh from a handshake.
     *
     * @param index names and takes the place of the reservation
     * @param remoteIndex the other end's index
     * @param initiator whether we began the handshake, and so are the one to renew it
     * @param bornNanos when, by the engine's clock
     * @param bornEpochNanos when, by the wall clock, since 1970
     * @param ownKeys what it was derived with of our own
     */
    public Keypair(
            Reservation index,
            int remoteIndex,
            boolean initiator,
            PacketKey sendKey,
            PacketKey receiveKey,
            long bornNanos,
            long bornEpochNanos,
            Object ownKeys) {
        super(index.localIndex(), index.peer());
        this.remoteIndex = remoteIndex;
        this.initiator = initiator;
        this.sendKey = sendKey;
        this.receiveKey = receiveKey;
        this.bornNanos = bornNanos;
        this.bornEpochNanos = bornEpochNanos;
        this.ownKeys = ownKeys;
    }

    /** The index that our messages name. */
    public int remoteIndex() {
        return remoteIndex;
    }

    /** Whether we began the handshake. */
    public boolean initiator() {
        return initiator;
    }

    /** Key for what we send. */
    public PacketKey sendKey() {
        return sendKey;
    }

    /** Key for what we receive. */
    public PacketKey receiveKey() {
        return receiveKey;
    }

    /** Nanoseconds since the handshake. */
    public long ageNanos(long nowNanos) {
        return nowNanos - bornNanos;
    }

    /** When the handshake was, by the engine's clock. */
    public long bornNanos() {
        return bornNanos;
    }

    /** When the handshake was, by the wall clock, in nanoseconds since 1970. */
    public long bornEpochNanos() {
        return bornEpochNanos;
    }

    /** Our own keys that it was derived with; only to be compared. */
    public Object ownKeys() {
        return ownKeys;
    }

    /**
     * Takes in the counter of an authenticated message.
     *
     * @param counter unsigned
     * @return false when it was seen already, or is too old to know
     */
    public boolean accept(long counter) {
        return window.accept(counter);
    }

    /** How many messages were sent; the next one's counter. */
    public long sendCounter() {
        return sendCounter;
    }

    /** Takes the next message's counter. */
    public long nextSendCounter() {
        return sendCounter++;
    }

    /** Whether data may still be sent under it, as far as the sender has found out. */
    public boolean sendable() {
        return sendable;
    }

    /** Notes that it is too old, or has sent too much. */
    public void expireSending() {
        sendable = false;
    }

    /** Whether a peer's {@link PeerSessions} has taken it in. */
    public boolean installed() {
        return installed;
    }

    void markInstalled() {
        installed = true;
    }

    /** Wipes both keys. */
    void destroy() {
        sendKey.destroy();
        receiveKey.destroy();
    }

    /** For tests of the message limits. */
    void sendCounter(long counter) {
        sendCounter = counter;
    }
}
