package io.jnat.cli.demo;

import io.jnat.bench.voice.Codec;
import io.jnat.bench.voice.LatencyBars;
import io.jnat.bench.voice.Measured;
import io.jnat.bench.voice.Timetable;
import io.jnat.bench.voice.VoiceRun;
import io.jnat.cli.demo.DemoReport.Seen;
import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.LabCalls;
import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.lab.LeakProbe;
import io.jnat.cli.lab.Namespace;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.TcpConnection;
import io.jnat.cli.lab.TcpEcho;
import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.TwoWayCall;
import io.jnat.cli.lab.UdpEcho;
import io.jnat.cli.lab.UdpSocket;
import io.jnat.cli.lab.WanTap;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * The story: what a user of both ends sees, from the first packet to the last. The steps stand in
 * the order in which they run; each says what it expects and what it saw, and needs only that the
 * tunnel came up.
 */
final class Demo {

    static final int STEPS = 13;

    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration START_LIMIT = Duration.ofSeconds(15);
    private static final Duration RECOVERY_GOAL = Duration.ofSeconds(5);
    private static final Duration RESTART_GOAL = Duration.ofSeconds(10);
    private static final int VOICE_CALLS = 20;
    private static final Duration CIPHER_LIMIT = Duration.ofSeconds(15);
    private static final Duration VOICE_TIME = Duration.ofSeconds(5);
    private static final byte[] HELLO = "hello".getBytes(StandardCharsets.US_ASCII);

    private final NetworkLab lab;
    private final WanTap tap;
    private final JnatProcess relay;
    private final JnatProcess router;
    private final DemoReport report;
    private final Namespace client;
    private final Namespace radio;
    private final Namespace host;

    Demo(NetworkLab lab, JnatProcess relay, JnatProcess router, DemoReport report)
            throws IOException {
        this.lab = lab;
        this.tap = WanTap.open(lab);
        this.relay = relay;
        this.router = router;
        this.report = report;
        this.client = lab.namespace("client");
        this.radio = lab.namespace("radio");
        this.host = lab.namespace("host");
    }

    /** Runs all steps; without a tunnel the rest is left out, and both logs are shown. */
    void run() throws IOException {
        try (TcpEcho ssh = TcpEcho.listen(lab.namespace("vps"), 22);
                UdpEcho internet = UdpEcho.listen(client, 7_000);
                UdpEcho dmr = UdpEcho.listen(radio, LabFiles.DMR_PORT);
                TcpEcho web = TcpEcho.listen(radio, LabFiles.WEB_PORT);
                UdpEcho neighbour = UdpEcho.listen(host, 7_000);
                TcpConnection admin =
                        TcpConnection.open(client, NetworkLab.at(NetworkLab.VPS, 22), SOON)) {
            carrierTranslates(internet);
            if (!tunnelComesUp()) {
                showLogs();
                return;
            }
            udpForwardKeepsTheSource(dmr);
            tcpForwardKeepsTheSource(web);
            otherPortsAreSilent();
            capturedLeavesByTheRelay(internet);
            othersLeaveByTheWan(internet);
            localTrafficStaysLocal(neighbour);
            voice();
            carrierForgets();
            relayStopped();
            routerKilled();
            sshWasNeverTouched(admin, ssh);
        }
    }

    private void carrierTranslates(UdpEcho internet) throws IOException {
        report.step(
                "carrier-grade NAT",
                "the client sees the site as " + NetworkLab.CGN + ", with another port",
                () -> {
                    try (UdpSocket site = UdpSocket.open(lab.namespace("site"), 30_000)) {
                        boolean answered = answers(site, NetworkLab.at(NetworkLab.CLIENT, 7_000));
                        InetSocketAddress seen = internet.lastSource();
                        boolean ok =
                                answered
                                        && seen != null
                                        && isFrom(seen, NetworkLab.CGN)
                                        && seen.getPort() != 30_000;
                        return new Seen(
                                ok, NetworkLab.SITE_WAN + ":30000 arrived as " + text(seen));
                    }
                });
    }

    private boolean tunnelComesUp() throws IOException {
        return report.step(
                "tunnel",
                "relay and router start, and a packet crosses in both directions",
                () -> {
                    long startNanos = System.nanoTime();
                    relay.start();
                    router.start();
                    boolean up = forwardWorksWithin(START_LIMIT);
                    return new Seen(
                            up,
                            up
                                    ? "first answer %s after start, tunnel from %s"
                                            .formatted(
                                                    since(startNanos),
                                                    String.join(", ", tap.tunnelEndpoints()))
                                    : "no answer within " + START_LIMIT.toSeconds() + " s");
                });
    }

    private void udpForwardKeepsTheSource(UdpEcho dmr) throws IOException {
        report.step(
                "UDP forward",
                "the radio sees 198.51.100.2:40001; the answer comes from 198.51.100.1:55193",
                () -> {
                    try (UdpSocket udp = UdpSocket.open(client, 40_001)) {
                        Optional<UdpSocket.Received> answer = udp.ask(dmrAtRelay(), HELLO, SOON);
                        InetSocketAddress seen = dmr.lastSource();
                        InetSocketAddress from = answer.map(UdpSocket.Received::from).orElse(null);
                        return new Seen(
                                NetworkLab.at(NetworkLab.CLIENT, 40_001).equals(seen)
                                        && dmrAtRelay().equals(from),
                                "radio saw %s, answer from %s".formatted(text(seen), text(from)));
                    }
                });
    }

    private void tcpForwardKeepsTheSource(TcpEcho web) throws IOException {
        report.step(
                "TCP forward",
                "the radio sees the client's own address and port; 1 MB comes back unharmed",
                () -> {
                    InetSocketAddress to = NetworkLab.at(NetworkLab.VPS, LabFiles.WEB_PORT);
                    try (TcpConnection tcp = TcpConnection.open(client, to, SOON)) {
                        boolean same = tcp.echoes(new byte[1_000_000], Duration.ofSeconds(10));
                        InetSocketAddress seen = web.lastSource();
                        return new Seen(
                                same && tcp.local().equals(seen),
                                "client was %s, radio saw %s, bytes %s"
                                        .formatted(
                                                text(tcp.local()),
                                                text(seen),
                                                same ? "equal" : "different"));
                    }
                });
    }

    private void otherPortsAreSilent() throws IOException {
        report.step(
                "other ports",
                "no answer at all from a port that is not forwarded, UDP or TCP",
                () -> {
                    boolean udpSilent;
                    try (UdpSocket udp = UdpSocket.open(client, 0)) {
                        udp.connect(NetworkLab.at(NetworkLab.VPS, 33_333));
                        udp.trySend(NetworkLab.at(NetworkLab.VPS, 33_333), HELLO);
                        udpSilent = udp.receive(Duration.ofMillis(500)).isEmpty();
                    } catch (IOException e) {
                        udpSilent = false;
                    }
                    boolean tcpSilent = isSilent(NetworkLab.at(NetworkLab.VPS, 33_334));
                    return new Seen(
                            udpSilent && tcpSilent,
                            "UDP %s, TCP %s"
                                    .formatted(
                                            udpSilent ? "silent" : "answered",
                                            tcpSilent ? "silent" : "answered"));
                });
    }

    private boolean isSilent(InetSocketAddress to) {
        try (TcpConnection tcp = TcpConnection.open(client, to, Duration.ofMillis(500))) {
            return tcp.local() == null;
        } catch (SocketTimeoutException e) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void capturedLeavesByTheRelay(UdpEcho internet) throws IOException {
        report.step(
                "captured device, outbound",
                "the client sees 198.51.100.1 with the radio's own source port, forwarded or not",
                () -> {
                    List<String> seen = new ArrayList<>();
                    boolean ok = true;
                    for (int port : new int[] {40_010, LabFiles.VOICE_FIRST_PORT}) {
                        try (UdpSocket udp = UdpSocket.open(radio, port)) {
                            ok &= answers(udp, NetworkLab.at(NetworkLab.CLIENT, 7_000));
                            InetSocketAddress source = internet.lastSource();
                            ok &= NetworkLab.at(NetworkLab.VPS, port).equals(source);
                            seen.add(NetworkLab.RADIO + ":" + port + " as " + text(source));
                        }
                    }
                    return new Seen(ok, String.join(", ", seen));
                });
    }

    private void othersLeaveByTheWan(UdpEcho internet) throws IOException {
        report.step(
                "other device, outbound",
                "the client sees the carrier's address " + NetworkLab.CGN,
                () -> {
                    try (UdpSocket udp = UdpSocket.open(host, 40_020)) {
                        boolean answered = answers(udp, NetworkLab.at(NetworkLab.CLIENT, 7_000));
                        InetSocketAddress seen = internet.lastSource();
                        return new Seen(
                                answered && seen != null && isFrom(seen, NetworkLab.CGN),
                                NetworkLab.HOST + ":40020 arrived as " + text(seen));
                    }
                });
    }

    private void localTrafficStaysLocal(UdpEcho neighbour) throws IOException {
        report.step(
                "local traffic",
                "the host sees the radio's own address, on this network and in the one behind it",
                () -> {
                    List<String> seen = new ArrayList<>();
                    boolean ok = true;
                    try (UdpSocket udp = UdpSocket.open(radio, 40_030)) {
                        for (String to : List.of(NetworkLab.HOST, NetworkLab.HOST_OFFICE)) {
                            ok &= answers(udp, NetworkLab.at(to, 7_000));
                            InetSocketAddress source = neighbour.lastSource();
                            ok &= NetworkLab.at(NetworkLab.RADIO, 40_030).equals(source);
                            seen.add(to + " saw " + text(source));
                        }
                    }
                    return new Seen(ok, String.join(", ", seen));
                });
    }

    private void voice() throws IOException {
        report.step(
                "voice",
                "20 calls of 50 packets/s of 172 bytes for 5 s, both ways, none lost",
                () -> {
                    boolean settled = Await.within(CIPHER_LIMIT, this::ciphersAreSettled);
                    Timetable timetable =
                            Timetable.of(
                                    List.of(new Timetable.Calls(Codec.G711, VOICE_CALLS)),
                                    VOICE_TIME);
                    try (LabCalls calls = LabCalls.open(lab, VOICE_CALLS)) {
                        List<Measured> measured =
                                VoiceRun.run(timetable, calls.path(), time -> {}).measured();
                        new LatencyBars("#", 40)
                                .lines(List.of(Measured.latency(measured)))
                                .forEach(report::detail);
                        return new Seen(
                                measured.stream().allMatch(way -> way.lost() == 0),
                                text(measured)
                                        + (settled
                                                ? ""
                                                : "; the ciphers were still being compiled"));
                    }
                });
    }

    /** What is measured is how calls fare once both ends have compiled their cipher. */
    private boolean ciphersAreSettled() throws IOException {
        return relay.isSettled() && router.isSettled();
    }

    private void carrierForgets() throws IOException {
        report.step(
                "carrier forgets its state",
                "a call goes on both ways within " + RECOVERY_GOAL.toSeconds() + " s",
                () -> {
                    int port = LabFiles.VOICE_LAST_PORT;
                    InetSocketAddress to = NetworkLab.at(NetworkLab.VPS, port);
                    try (TwoWayCall call =
                            TwoWayCall.begin(client, to, radio, port, RECOVERY_GOAL)) {
                        int endpoints = tap.tunnelEndpoints().size();
                        call.mark();
                        lab.forgetTranslations();
                        boolean back =
                                Await.within(
                                        RECOVERY_GOAL.multipliedBy(2),
                                        () ->
                                                call.flowsSince(Duration.ofMillis(300))
                                                        && tap.tunnelEndpoints().size()
                                                                > endpoints);
                        Duration gap = call.longestGap();
                        return new Seen(
                                back && gap.compareTo(RECOVERY_GOAL) <= 0,
                                back
                                        ? "longest silence %d ms; tunnel came from %s"
                                                .formatted(
                                                        gap.toMillis(),
                                                        String.join(
                                                                ", then ", tap.tunnelEndpoints()))
                                        : "no call both ways");
                    }
                });
    }

    private void relayStopped() throws IOException {
        report.step(
                "relay stopped",
                "no packet of the radio on the WAN; all works again after its start",
                () -> {
                    relay.stop();
                    return leaksNothingAndComesBack(relay);
                });
    }

    private void routerKilled() throws IOException {
        report.step(
                "router killed",
                "no packet of the radio on the WAN; all works again after its start",
                () -> {
                    boolean sees = LeakProbe.tapSeesTheHost(lab, tap);
                    router.kill();
                    Seen seen = leaksNothingAndComesBack(router);
                    return sees ? seen : new Seen(false, "the tap does not see the WAN");
                });
    }

    private Seen leaksNothingAndComesBack(TunnelEnd end) throws IOException {
        WanTap.Counts before = tap.read();
        LeakProbe.fromRadio(lab);
        long startNanos = System.nanoTime();
        end.start();
        LeakProbe.fromRadio(lab);
        WanTap.Counts passed = tap.read().since(before);
        boolean back = forwardWorksWithin(RESTART_GOAL);
        return new Seen(
                back && passed.leaked() == 0,
                "%d packets leaked%s, %s"
                        .formatted(
                                passed.leaked(),
                                UdpSocket.hasIpv6() ? "" : " (IPv4; IPv6 is switched off here)",
                                back ? "back after " + since(startNanos) : "not back"));
    }

    private void sshWasNeverTouched(TcpConnection admin, TcpEcho ssh) throws IOException {
        report.step(
                "SSH on the VPS",
                "a connection from before the start still lives, and a new one is made",
                () -> {
                    boolean old = admin.echoes(HELLO, SOON);
                    InetSocketAddress to = NetworkLab.at(NetworkLab.VPS, 22);
                    try (TcpConnection tcp = TcpConnection.open(client, to, SOON)) {
                        boolean fresh = tcp.echoes(HELLO, SOON);
                        boolean direct = tcp.local().equals(ssh.lastSource());
                        return new Seen(
                                old && fresh && direct,
                                "old %s, new %s"
                                        .formatted(
                                                old ? "lives" : "dead", fresh ? "lives" : "dead"));
                    }
                });
    }

    private boolean forwardWorksWithin(Duration limit) throws IOException {
        try (UdpSocket udp = UdpSocket.open(client, 0)) {
            return Await.within(
                    limit,
                    () ->
                            allAlive()
                                    && udp.ask(dmrAtRelay(), HELLO, Duration.ofMillis(100))
                                            .isPresent());
        }
    }

    private boolean allAlive() throws IOException {
        if (!relay.alive() || !router.alive()) {
            throw new IOException(
                    (relay.alive() ? "the router" : "the relay") + " has ended by itself");
        }
        return true;
    }

    private void showLogs() throws IOException {
        report.detail(
                "relay's log:\n" + tail(relay.log()) + "\nrouter's log:\n" + tail(router.log()));
    }

    private static String tail(String log) {
        List<String> lines = log.lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
    }

    private static boolean answers(UdpSocket socket, InetSocketAddress to) throws IOException {
        return Await.within(SOON, () -> socket.ask(to, HELLO, Duration.ofMillis(200)).isPresent());
    }

    private static InetSocketAddress dmrAtRelay() {
        return NetworkLab.at(NetworkLab.VPS, LabFiles.DMR_PORT);
    }

    private static boolean isFrom(InetSocketAddress seen, String address) {
        return seen.getAddress().equals(NetworkLab.at(address, 0).getAddress());
    }

    private static String text(@Nullable InetSocketAddress address) {
        return address == null
                ? "nothing"
                : address.getAddress().getHostAddress() + ":" + address.getPort();
    }

    private static String text(List<Measured> measured) {
        Histogram nanos = Measured.latency(measured);
        return String.format(
                Locale.ROOT,
                "one way p50 %.2f, p99 %.2f, p99.9 %.2f ms; jitter worst %.2f ms; lost %d of %d",
                nanos.getValueAtPercentile(50) / 1e6,
                nanos.getValueAtPercentile(99) / 1e6,
                nanos.getValueAtPercentile(99.9) / 1e6,
                measured.stream().mapToLong(Measured::worstJitterNanos).max().orElseThrow() / 1e6,
                measured.stream().mapToLong(Measured::lost).sum(),
                measured.stream().mapToLong(Measured::sent).sum());
    }

    private static String since(long startNanos) {
        return String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - startNanos) / 1e9);
    }
}
