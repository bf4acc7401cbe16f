package io.jnat.wireguard;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Two devices that know each other: left is 10.0.0.1 and fd00::1, right is 10.0.0.2 and fd00::2.
 */
final class TwoPeers implements AutoCloseable {
    static final String LEFT_PLACE = "192.0.2.1:1000";
    static final String RIGHT_PLACE = "192.0.2.2:2000";

    final TestNetwork network = new TestNetwork();
    final TestNode left;
    final TestNode right;

    TwoPeers(
            @Nullable WireGuardKey leftPsk,
            @Nullable WireGuardKey rightPsk,
            @Nullable String leftKnows,
            @Nullable String rightKnows) {
        WireGuardKey leftKey = WireGuardKey.generatePrivate();
        WireGuardKey rightKey = WireGuardKey.generatePrivate();
        right =
                new TestNode(
                        network,
                        RIGHT_PLACE,
                        rightKey,
                        peer("left", leftKey, rightPsk, rightKnows, "10.0.0.1/32", "fd00::1/128"));
        left =
                new TestNode(
                        network,
                        LEFT_PLACE,
                        leftKey,
                        peer("right", rightKey, leftPsk, leftKnows, "10.0.0.2/32", "fd00::2/128"));
    }

    /** Left knows where right is; right does not know where left is. */
    static TwoPeers connected() {
        return new TwoPeers(null, null, RIGHT_PLACE, null);
    }

    static PeerConfig peer(
            String name,
            WireGuardKey privateKey,
            @Nullable WireGuardKey psk,
            @Nullable String place,
            String... allowed) {
        return new PeerConfig(
                name,
                privateKey.publicKey(),
                psk,
                place == null ? null : PeerEndpoint.parse(place),
                List.of(allowed).stream().map(AllowedIp::parse).toList(),
                0,
                0);
    }

    /** Right as left's peer, over IPv4 only, with persistent keepalives. */
    PeerConfig rightKeptAlive(@Nullable String place, int seconds) {
        return new PeerConfig(
                "right",
                right.publicKey,
                null,
                place == null ? null : PeerEndpoint.parse(place),
                List.of(AllowedIp.parse("10.0.0.2/32")),
                seconds,
                0);
    }

    /** 10.9.0.0/16, with a public key of which no secret comes. */
    void giveLeftAPeerWithALowOrderKey() {
        byte[] lowOrder = new byte[32];
        lowOrder[0] = 1;
        left.device.submit(
                new DeviceCommand.SetPeer(
                        new PeerConfig(
                                "odd",
                                WireGuardKey.of(lowOrder),
                                null,
                                PeerEndpoint.parse(RIGHT_PLACE),
                                List.of(AllowedIp.parse("10.9.0.0/16")),
                                0,
                                0)));
        network.settle();
    }

    byte[] toRight(int bytes) {
        return InnerPackets.udp("10.0.0.1", "10.0.0.2", new byte[bytes]);
    }

    byte[] toLeft(int bytes) {
        return InnerPackets.udp("10.0.0.2", "10.0.0.1", new byte[bytes]);
    }

    /** Shakes hands, left first, and forgets what was sent and delivered. */
    void shakeHands() {
        left.send(toRight(1));
        network.settle();
        if (right.delivered.size() != 1) {
            throw new AssertionError("no session: " + network.sent);
        }
        forget();
    }

    void forget() {
        network.sent.clear();
        left.delivered.clear();
        right.delivered.clear();
        left.deliveredFrom.clear();
        right.deliveredFrom.clear();
        left.drops.clear();
        right.drops.clear();
    }

    @Override
    public void close() {
        left.close();
        right.close();
    }
}
