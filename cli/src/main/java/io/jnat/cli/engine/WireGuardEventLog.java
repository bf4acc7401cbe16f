package io.jnat.cli.engine;

import io.jnat.wireguard.DeviceEvent;
import java.util.function.Consumer;

/** Writes what happens in the tunnel to the log, in words. */
public final class WireGuardEventLog implements Consumer<DeviceEvent> {
    private final Log log;

    /** Writes to a log. */
    public WireGuardEventLog(Log log) {
        this.log = log;
    }

    @Override
    public void accept(DeviceEvent event) {
        switch (event) {
            case DeviceEvent.SessionEstablished session ->
                    log.limited(Log.Level.INFO, "tunnel to " + session.peer() + means(session));
            case DeviceEvent.HandshakeGivenUp given ->
                    log.limited(
                            Log.Level.WARNING,
                            "tunnel to "
                                    + given.peer()
                                    + ": no answer for 90 s; tried again at the next packet or keepalive."
                                    + " Is its UDP port open in its firewall, and is each end's"
                                    + " public key the one that the other end is given?");
            case DeviceEvent.HandshakeImpossible impossible ->
                    log.limited(
                            Log.Level.WARNING,
                            "tunnel to "
                                    + impossible.peer()
                                    + " cannot come up: "
                                    + impossible.why());
            case DeviceEvent.PrefixMoved moved ->
                    log.warning(
                            "allowed IPs "
                                    + moved.prefix()
                                    + (moved.more() == 0 ? "" : " and " + moved.more() + " more")
                                    + " now belong to "
                                    + moved.to()
                                    + " and no longer to "
                                    + moved.from());
            case DeviceEvent.RoutedIntoItself loop ->
                    log.warning(
                            "the route to "
                                    + loop.endpoint()
                                    + ", where "
                                    + loop.peer()
                                    + " is, leads into its own tunnel; give it a route outside, or"
                                    + " the tunnel a firewall mark and a rule");
            case DeviceEvent.EndpointUnresolved unresolved ->
                    log.limited(
                            Log.Level.WARNING,
                            "the name "
                                    + unresolved.host()
                                    + " of "
                                    + unresolved.peer()
                                    + " does not resolve; tried again in 30 s at the earliest");
            case DeviceEvent.PeerIsSelf self ->
                    log.warning(
                            "peer "
                                    + self.peer()
                                    + " has this end's own public key and is left out; give each end its own key");
            case DeviceEvent.CipherSettled settled ->
                    log.info("cipher: " + settled.name() + ", " + settled.reason());
            case DeviceEvent.Fault fault ->
                    log.limited(
                            Log.Level.ERROR,
                            "defect in the handshake thread, going on: " + fault.cause());
        }
    }

    /** Who answers does not know yet whether the answer is of use. */
    private static String means(DeviceEvent.SessionEstablished session) {
        return session.initiator() ? " is up" : ": it called, and is answered";
    }
}
