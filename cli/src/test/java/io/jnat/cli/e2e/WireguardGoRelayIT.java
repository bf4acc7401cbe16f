package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.lab.Namespace;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.UdpEcho;
import io.jnat.cli.lab.UdpSocket;
import io.jnat.cli.lab.WireguardGoEnds;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** jnat on site, Debian's wireguard-go on the VPS: jnat initiates, wireguard-go responds. */
@Tag("interop")
final class WireguardGoRelayIT extends ForwardingContract {
    private static final String FORGED = "192.168.20.99";

    @Override
    TunnelEnd newRelay() throws IOException {
        return WireguardGoEnds.relay(lab, files, WireguardGoEnds.DEBIANS);
    }

    @Test
    @Tag("N45")
    void aRelayCannotPassItselfOffAsAHostOfTheLan() throws IOException {
        Namespace vps = lab.namespace("vps");
        InetSocketAddress voice = NetworkLab.at(NetworkLab.RADIO, LabFiles.VOICE_FIRST_PORT);
        try (UdpEcho echo = UdpEcho.listen(radio, LabFiles.VOICE_FIRST_PORT);
                UdpSocket udp = UdpSocket.open(vps, 0)) {
            assertTrue(answer(udp, voice, HELLO).isPresent(), "it is allowed under its own name");
            InetSocketAddress own = echo.lastSource();
            forge(vps, "add");
            try {
                udp.send(voice, HELLO);
                assertTrue(udp.receive(Duration.ofMillis(500)).isEmpty());
            } finally {
                forge(vps, "del");
            }
            assertEquals(own, echo.lastSource(), "nothing came from " + FORGED);
            assertTrue(answer(udp, voice, HELLO).isPresent(), "and under its own name again");
        }
    }

    /** What the VPS sends to the radio has, or has no longer, an address of the site's LAN. */
    private static void forge(Namespace vps, String verb) throws IOException {
        String way = "ip route " + verb + " " + NetworkLab.RADIO + "/32 dev $device src " + FORGED;
        String address = "ip addr " + verb + " " + FORGED + "/32 dev lo";
        vps.run(
                "sh",
                "-ec",
                "device=$(ip -o route get "
                        + NetworkLab.RADIO
                        + " | sed 's/.* dev \\([^ ]*\\).*/\\1/'); "
                        + (verb.equals("add") ? address + "; " + way : way + "; " + address));
    }
}
