package io.jnat.wireguard.uapi;

import io.jnat.wireguard.AllowedIp;
import io.jnat.wireguard.WireGuardKey;
import java.io.IOException;
import java.io.Writer;
import java.time.Instant;

/** Writes the answer to {@code get=1}, without its {@code errno} (W41). */
final class GetAnswer {
    private static final int FLUSH_CHARACTERS = 32 * 1024;
    private static final String NO_KEY = "0".repeat(2 * WireGuardKey.BYTES);

    private final Writer out;
    private final StringBuilder text = new StringBuilder();

    GetAnswer(Writer out) {
        this.out = out;
    }

    void write(DeviceSnapshot device) throws IOException {
        WireGuardKey privateKey = device.privateKey();
        if (privateKey != null) {
            line("private_key", privateKey.hex());
        }
        if (device.listenPort() != 0) {
            line("listen_port", device.listenPort());
        }
        if (device.fwmark() != 0) {
            line("fwmark", Integer.toUnsignedLong(device.fwmark()));
        }
        for (PeerSnapshot peer : device.peers()) {
            write(peer);
        }
        flush();
    }

    private void write(PeerSnapshot peer) throws IOException {
        line("public_key", peer.publicKey().hex());
        WireGuardKey psk = peer.presharedKey();
        line("preshared_key", psk == null ? NO_KEY : psk.hex());
        line("protocol_version", 1);
        String endpoint = peer.endpoint();
        if (endpoint != null) {
            line("endpoint", endpoint);
        }
        Instant handshake = peer.lastHandshake();
        line("last_handshake_time_sec", handshake == null ? 0 : handshake.getEpochSecond());
        line("last_handshake_time_nsec", handshake == null ? 0 : handshake.getNano());
        line("tx_bytes", peer.txBytes());
        line("rx_bytes", peer.rxBytes());
        line("persistent_keepalive_interval", peer.persistentKeepaliveSeconds());
        for (AllowedIp prefix : peer.allowedIps()) {
            text.append("allowed_ip=");
            IpText.append(text, prefix);
            text.append('\n');
            if (text.length() > FLUSH_CHARACTERS) {
                flush();
            }
        }
    }

    private void line(String key, String value) {
        text.append(key).append('=').append(value).append('\n');
    }

    private void line(String key, long value) {
        text.append(key).append('=').append(value).append('\n');
    }

    private void flush() throws IOException {
        out.append(text);
        text.setLength(0);
    }
}
