package io.jnat.wireguard.uapi;

import io.jnat.wireguard.AllowedIp;
import io.jnat.wireguard.PeerEndpoint;
import io.jnat.wireguard.WireGuardKey;
import io.jnat.wireguard.crypto.X25519;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the lines of one {@code set=1} and checks each; nothing is changed before all of them are
 * right (W42).
 */
final class SetOperation {
    private final Room room = new Room();
    private @Nullable WireGuardKey privateKey;
    private @Nullable Integer listenPort;
    private @Nullable Integer fwmark;
    private boolean replacePeers;
    private final List<PeerChange> peers = new ArrayList<>();
    private @Nullable OpenPeer open;
    private int prefixes;

    /** The peer whose lines are being read. */
    private static final class OpenPeer {
        private final WireGuardKey publicKey;
        private boolean remove;
        private boolean updateOnly;
        private @Nullable WireGuardKey presharedKey;
        private @Nullable PeerEndpoint endpoint;
        private @Nullable Integer keepaliveSeconds;
        private boolean replaceAllowedIps;
        private final List<AllowedIpChange> allowedIps = new ArrayList<>();

        OpenPeer(WireGuardKey publicKey) {
            this.publicKey = publicKey;
        }

        PeerChange close() {
            return new PeerChange(
                    publicKey,
                    remove,
                    updateOnly,
                    presharedKey,
                    endpoint,
                    keepaliveSeconds,
                    replaceAllowedIps,
                    allowedIps);
        }
    }

    /** Takes in one line, {@code key=value}. */
    void line(String line) throws UapiException {
        int equals = line.indexOf('=');
        if (equals < 0) {
            throw new UapiException(UapiError.PROTOCOL, "a line without '='");
        }
        String key = line.substring(0, equals);
        String value = line.substring(equals + 1);
        if (key.equals("public_key")) {
            closePeer();
            open = new OpenPeer(key(key, value));
        } else if (open == null) {
            deviceLine(key, value);
        } else {
            peerLine(open, key, value);
        }
    }

    /** All lines were read. */
    DeviceChange end() throws UapiException {
        closePeer();
        return new DeviceChange(privateKey, listenPort, fwmark, replacePeers, peers);
    }

    private void closePeer() throws UapiException {
        if (open != null) {
            peers.add(open.close());
            room.check(peers.size(), prefixes);
            open = null;
        }
    }

    private void deviceLine(String key, String value) throws UapiException {
        switch (key) {
            case "private_key" -> privateKey = clamped(key(key, value));
            case "listen_port" -> listenPort = (int) number(key, value, 65_535);
            case "fwmark" -> fwmark = (int) number(key, value, 0xffff_ffffL);
            case "replace_peers" -> replacePeers = yes(key, value);
            default -> throw unknown(key);
        }
    }

    private void peerLine(OpenPeer peer, String key, String value) throws UapiException {
        switch (key) {
            case "remove" -> peer.remove = yes(key, value);
            case "update_only" -> peer.updateOnly = yes(key, value);
            case "preshared_key" -> peer.presharedKey = key(key, value);
            case "endpoint" -> peer.endpoint = endpoint(value);
            case "persistent_keepalive_interval" ->
                    peer.keepaliveSeconds = (int) number(key, value, 65_535);
            case "replace_allowed_ips" -> {
                peer.replaceAllowedIps = yes(key, value);
                peer.allowedIps.clear();
            }
            case "allowed_ip" -> peer.allowedIps.add(allowedIp(value));
            case "protocol_version" -> {
                if (!value.equals("1")) {
                    throw invalid(key, "expected: 1");
                }
            }
            default -> throw unknown(key);
        }
    }

    private AllowedIpChange allowedIp(String value) throws UapiException {
        room.check(peers.size(), ++prefixes);
        boolean remove = value.startsWith("-");
        boolean signed = remove || value.startsWith("+");
        AllowedIp prefix = IpText.prefix(signed ? value.substring(1) : value);
        if (prefix == null) {
            throw invalid("allowed_ip", "expected: address/length");
        }
        return new AllowedIpChange(prefix, remove);
    }

    private static PeerEndpoint endpoint(String value) throws UapiException {
        try {
            PeerEndpoint endpoint = PeerEndpoint.parse(value);
            if (IpText.isAddress(endpoint.host())
                    && value.startsWith("[") == (endpoint.host().indexOf(':') >= 0)
                    && Character.isDigit(value.charAt(value.lastIndexOf(':') + 1))
                    && endpoint.literal() != null) { // the scope's interface exists
                return endpoint;
            }
        } catch (IllegalArgumentException wrong) {
            // told below
        }
        throw invalid("endpoint", "expected: address:port or [address]:port");
    }

    private static WireGuardKey key(String key, String value) throws UapiException {
        try {
            return WireGuardKey.fromHex(value);
        } catch (IllegalArgumentException wrong) {
            throw invalid(key, "expected: 64 hexadecimal digits");
        }
    }

    /** As it is used, and as it will be read back (W2). */
    private static WireGuardKey clamped(WireGuardKey key) {
        if (key.isZero()) {
            return key;
        }
        byte[] bytes = key.toBytes();
        X25519.clamp(bytes);
        WireGuardKey clamped = WireGuardKey.of(bytes);
        Arrays.fill(bytes, (byte) 0);
        return clamped;
    }

    private static long number(String key, String value, long most) throws UapiException {
        long number = -1;
        if (!value.isEmpty()
                && value.length() <= 10
                && value.chars().allMatch(digit -> digit >= '0' && digit <= '9')) {
            number = Long.parseLong(value);
        }
        if (number < 0 || number > most) {
            throw invalid(key, "expected: 0 to " + most);
        }
        return number;
    }

    private static boolean yes(String key, String value) throws UapiException {
        if (!value.equals("true")) {
            throw invalid(key, "expected: true");
        }
        return true;
    }

    private static UapiException invalid(String key, String expected) {
        return new UapiException(UapiError.INVALID, "bad value of " + key + " (" + expected + ")");
    }

    private static UapiException unknown(String key) {
        String shown = key.length() > 40 ? key.substring(0, 40) + "…" : key;
        return new UapiException(UapiError.INVALID, "unknown key '" + shown + "'");
    }
}
