package io.jnat.wireguard;

/**
 * Something that people may want to read in the log; told by the handshake thread if not otherwise
 * said.
 */
public sealed interface DeviceEvent {
    /** A session came about; the peer's status says already where the peer is now. */
    record SessionEstablished(String peer, boolean initiator) implements DeviceEvent {}

    /** Nobody answered for 90 s. */
    record HandshakeGivenUp(String peer) implements DeviceEvent {}

    /**
     * For 90 s no initiation could be sent.
     *
     * @param why and what to do, in a few words
     */
    record HandshakeImpossible(String peer, String why) implements DeviceEvent {}

    /**
     * A prefix that one peer had was given to another.
     *
     * @param more how many others went the same way at the same time
     */
    record PrefixMoved(AllowedIp prefix, int more, String from, String to) implements DeviceEvent {}

    /** The tunnel's own messages to a peer are routed into the tunnel and are dropped. */
    record RoutedIntoItself(String peer, String endpoint) implements DeviceEvent {}

    /** A name could not be resolved; it is tried again. */
    record EndpointUnresolved(String peer, String host) implements DeviceEvent {}

    /** The handshake thread ran into a defect and went on. */
    record Fault(Throwable cause) implements DeviceEvent {}

    /** A peer that is the device itself was dropped. */
    record PeerIsSelf(String peer) implements DeviceEvent {}

    /** The cipher that will encrypt packets is in use; told by the thread that trained it. */
    record CipherSettled(String name, String reason) implements DeviceEvent {}
}
