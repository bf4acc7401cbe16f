package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Endpoint;
import io.jnat.wireguard.TestNetwork.Datagram;
import io.jnat.wireguard.message.MessageType;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where peers are: roaming, sticky source, names. */
final class EndpointTest {
    @AutoClose private TwoPeers two = TwoPeers.connected();

    @Test
    @Tag("W22")
    void endpointFollowsAuthenticatedPackets() {
        two.shakeHands();
        two.left.moveTo("198.51.100.7:4711");
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals("198.51.100.7:4711", two.right.peer(0).endpoint());
        assertEquals(1, two.right.peer(0).endpointMoves());
        assertEquals(
                List.of("192.0.2.1:1000", "198.51.100.7:4711"), two.right.peer(0).lastEndpoints());
        two.right.send(two.toLeft(1));
        two.network.settle();
        assertEquals(1, two.left.delivered.size());
    }

    @Test
    @Tag("W22")
    void endpointFollowsAlsoWhenTheInnerSourceIsRefused() {
        two.shakeHands();
        two.left.moveTo("198.51.100.7:4711");
        two.left.send(InnerPackets.udp("10.66.0.1", "10.0.0.2", new byte[1]));
        two.network.settle();
        assertEquals(1, two.right.peer(0).notAllowed());
        assertEquals("198.51.100.7:4711", two.right.peer(0).endpoint());
    }

    @Test
    @Tag("W22")
    void forgedAndReplayedPacketsDoNotMoveTheEndpoint() {
        two.shakeHands();
        two.left.send(two.toRight(1));
        Datagram real = two.network.sent.getFirst();
        two.network.settle();
        Endpoint elsewhere = new Endpoint();
        elsewhere.set(TestNode.address("203.0.113.1:9"));
        byte[] forged = real.bytes().clone();
        forged[30] ^= 1;
        two.right.receive(
                List.of(
                        new Datagram(elsewhere, real.to(), real.bytes(), 0),
                        new Datagram(elsewhere, real.to(), forged, 0)));
        assertEquals(TwoPeers.LEFT_PLACE, two.right.peer(0).endpoint());
        assertEquals(0, two.right.peer(0).endpointMoves());
    }

    @Test
    @Tag("W22")
    void handshakeFromElsewhereMovesTheEndpoint() {
        two.shakeHands();
        two.network.passSeconds(200);
        two.left.moveTo("198.51.100.7:4711");
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals("198.51.100.7:4711", two.right.peer(0).endpoint());
        assertEquals(1, two.right.delivered.size());
    }

    @Test
    @Tag("W27")
    void repliesLeaveFromTheAddressThatThePeersPacketsCameTo() {
        two.shakeHands();
        two.right.send(two.toLeft(1));
        Datagram reply = two.network.sent.getLast();
        assertEquals(two.right.place.low, reply.to().localLow);
    }

    @Test
    @Tag("W10")
    @Tag("W27")
    void retriesForgetTheSourceAddress() {
        two.shakeHands();
        two.network.passSeconds(200);
        two.forget();
        two.network.arrives = datagram -> false;
        two.left.send(two.toRight(1));
        two.network.passSeconds(6);
        assertEquals(two.left.place.low, two.network.sent.get(0).to().localLow);
        assertEquals(0, two.network.sent.get(1).to().localLow);
    }

    @Test
    @Tag("W28")
    void nameIsResolvedAndItsAddressesAreTriedIpv6First() throws Exception {
        two.close();
        two = new TwoPeers(null, null, "relay.example.org:2000", null);
        two.left.names.put(
                "relay.example.org",
                List.of(
                        InetAddress.getByName("192.0.2.77"),
                        InetAddress.getByName("2001:db8::77"),
                        InetAddress.getByName("192.0.2.2")));
        assertNull(two.left.send(two.toRight(1)));
        two.network.settle();
        two.network.passSeconds(12);
        assertEquals(
                List.of("[2001:db8::77]:2000", "192.0.2.77:2000", "192.0.2.2:2000"),
                two.network.sent.stream()
                        .filter(d -> d.type() == MessageType.INITIATION)
                        .map(d -> d.to().toString())
                        .toList());
        assertEquals(1, two.right.delivered.size());
        assertEquals(1, two.left.lookedUp.size());
    }

    /** It may come long after, from a resolver that was slow. */
    @Test
    @Tag("W28")
    void whatANameThatIsNoLongerConfiguredResolvesToIsNotUsed() throws Exception {
        two.close();
        two = new TwoPeers(null, null, "old.example.org:2000", null);
        two.left.names.put("old.example.org", List.of(InetAddress.getByName("192.0.2.77")));
        two.left.device.submit(
                new DeviceCommand.SetPeer(two.rightKeptAlive("new.example.org:2000", 0)));
        two.left.send(two.toRight(1));
        two.network.settle();
        assertNull(two.left.peer(0).endpoint());
    }

    @Test
    @Tag("W28")
    void otherAddressesOfANameAreTriedAlsoWhileDataKeepsComing() throws Exception {
        two.close();
        two = new TwoPeers(null, null, "relay.example.org:2000", null);
        two.left.names.put(
                "relay.example.org",
                List.of(InetAddress.getByName("192.0.2.2"), InetAddress.getByName("2001:db8::77")));
        for (int packet = 0; packet < 300; packet++) {
            two.left.send(two.toRight(1));
            two.network.passSeconds(0.02);
        }
        assertEquals("192.0.2.2:2000", two.left.peer(0).endpoint());
        assertTrue(two.left.hasSession());
    }

    @Test
    @Tag("W28")
    void nameIsResolvedAgainAlsoWhileDataKeepsComing() throws Exception {
        two.close();
        two = new TwoPeers(null, null, "relay.example.org:2000", null);
        two.left.names.put("relay.example.org", List.of(InetAddress.getByName("192.0.2.2")));
        two.left.send(two.toRight(1));
        two.network.passSeconds(115);
        two.right.moveTo("203.0.113.50:2000");
        two.left.names.put("relay.example.org", List.of(InetAddress.getByName("203.0.113.50")));
        for (int packet = 0; packet < 1000; packet++) {
            two.left.send(two.toRight(1));
            two.network.passSeconds(0.02);
        }
        assertEquals("203.0.113.50:2000", two.left.peer(0).endpoint());
    }

    @Test
    @Tag("W28")
    void aNameThatDidNotResolveIsLookedUpAtOnceWhenTheNetworkHasChanged() throws Exception {
        two.close();
        two = new TwoPeers(null, null, "relay.example.org:2000", null);
        two.left.send(two.toRight(1));
        two.network.passSeconds(3);
        two.left.names.put("relay.example.org", List.of(InetAddress.getByName("192.0.2.2")));
        two.left.device.submit(new DeviceCommand.NetworkChanged());
        two.network.passSeconds(1);
        assertEquals(1, two.right.delivered.size());
        assertEquals(2, two.left.lookedUp.size());
    }

    /** More than are tried in the 30 s until the name is looked up again. */
    @Test
    @Tag("W28")
    void allAddressesOfANameAreTriedAlsoWhenItIsLookedUpAgainMeanwhile() throws Exception {
        two.close();
        two = new TwoPeers(null, null, "relay.example.org:2000", null);
        List<InetAddress> all = new ArrayList<>();
        for (int host = 1; host <= 9; host++) {
            all.add(InetAddress.getByName("198.51.100." + host));
        }
        two.left.names.put("relay.example.org", all);
        two.network.arrives = datagram -> false;
        two.left.send(two.toRight(1));
        two.network.passSeconds(55);
        assertEquals(2, two.left.lookedUp.size());
        List<String> tried = two.network.sent.stream().map(d -> d.to().toString()).toList();
        for (int at = 0; at < tried.size(); at++) {
            assertEquals("198.51.100." + (1 + at % 9) + ":2000", tried.get(at), "try " + at);
        }
        assertTrue(tried.size() > 9, "and round again");
    }

    @Test
    @Tag("W28")
    void addressesStayWhenALaterLookupFindsNothing() throws Exception {
        two.close();
        two = new TwoPeers(null, null, "relay.example.org:2000", null);
        two.left.names.put(
                "relay.example.org",
                List.of(InetAddress.getByName("192.0.2.77"), InetAddress.getByName("192.0.2.2")));
        two.network.arrives = datagram -> false;
        two.left.send(two.toRight(1));
        two.network.settle();
        two.left.names.clear();
        two.network.passSeconds(34);
        assertEquals(2, two.left.lookedUp.size());
        two.network.arrives = datagram -> true;
        two.network.passSeconds(11);
        assertEquals(1, two.right.delivered.size());
    }

    @Test
    @Tag("W28")
    void otherAddressesOfANameAreTriedFromTheFirstOne() throws Exception {
        two.close();
        two = new TwoPeers(null, null, "relay.example.org:2000", null);
        two.left.names.put("relay.example.org", List.of(InetAddress.getByName("192.0.2.77")));
        two.network.arrives = datagram -> false;
        two.left.send(two.toRight(1));
        two.network.settle();
        two.left.names.put(
                "relay.example.org",
                List.of(InetAddress.getByName("192.0.2.2"), InetAddress.getByName("2001:db8::9")));
        two.network.passSeconds(42);
        List<String> tried = two.network.sent.stream().map(d -> d.to().toString()).toList();
        int first = tried.lastIndexOf("192.0.2.77:2000") + 1;
        assertEquals("[2001:db8::9]:2000", tried.get(first));
        assertEquals("192.0.2.2:2000", tried.get(first + 1));
    }

    @Test
    @Tag("W28")
    void peerThatMovedFromItsConfiguredAddressIsTriedWhereItMovedTo() {
        two.shakeHands();
        two.right.moveTo("203.0.113.50:2000");
        two.right.send(two.toLeft(1));
        two.network.passSeconds(200);
        two.forget();
        two.network.arrives = datagram -> false;
        two.left.send(two.toRight(1));
        two.network.passSeconds(30);
        assertEquals(List.of(), two.left.lookedUp);
        assertTrue(two.network.sent.size() >= 6);
        assertTrue(
                two.network.sent.stream()
                        .allMatch(d -> d.to().toString().equals("203.0.113.50:2000")));
    }

    @Test
    @Tag("W28")
    void nameThatDoesNotResolveYetIsAskedAgainEvery30Seconds() throws Exception {
        two.close();
        two = new TwoPeers(null, null, "relay.example.org:2000", null);
        assertNull(two.left.send(two.toRight(1)), "it waits");
        two.network.passSeconds(29);
        assertEquals(1, two.left.lookedUp.size());
        assertEquals(
                List.of(new DeviceEvent.EndpointUnresolved("right", "relay.example.org")),
                two.left.events);
        two.left.names.put("relay.example.org", List.of(InetAddress.getByName("192.0.2.2")));
        two.network.passSeconds(8);
        assertEquals(2, two.left.lookedUp.size());
        assertEquals(1, two.right.delivered.size());
    }

    @Test
    @Tag("W28")
    void nameIsResolvedAgainWhenThePeerHasGone() throws Exception {
        two.close();
        two = new TwoPeers(null, null, "relay.example.org:2000", null);
        two.left.names.put("relay.example.org", List.of(InetAddress.getByName("192.0.2.2")));
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(1, two.right.delivered.size());
        two.right.moveTo("203.0.113.50:2000");
        two.left.names.put("relay.example.org", List.of(InetAddress.getByName("203.0.113.50")));
        two.network.passSeconds(200);
        two.left.send(two.toRight(1));
        two.network.passSeconds(11);
        assertEquals(2, two.right.delivered.size());
        assertEquals("203.0.113.50:2000", two.left.peer(0).endpoint());
    }

    /**
     * A relay that was given another address: 15 s of silence, 5 s for a handshake where it was.
     */
    @Test
    @Tag("W28")
    void aNameThatMovesIsFollowedAfterOneHandshakeInVain() throws Exception {
        two.close();
        two = new TwoPeers(null, null, "relay.example.org:2000", null);
        two.left.names.put("relay.example.org", List.of(InetAddress.getByName("192.0.2.2")));
        two.left.send(two.toRight(1));
        two.network.passSeconds(40);
        two.right.moveTo("203.0.113.50:2000");
        two.left.names.put("relay.example.org", List.of(InetAddress.getByName("203.0.113.50")));
        for (int packet = 0; packet < 208; packet++) {
            two.left.send(two.toRight(1));
            two.network.passSeconds(0.1);
        }
        assertEquals("203.0.113.50:2000", two.left.peer(0).endpoint());
        two.right.delivered.clear();
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(1, two.right.delivered.size());
    }

    @Test
    @Tag("W28")
    void aNameThatMovedWhileNothingWasSentIsFollowedAfterOneHandshakeInVain() throws Exception {
        two.close();
        two = new TwoPeers(null, null, "relay.example.org:2000", null);
        two.left.names.put("relay.example.org", List.of(InetAddress.getByName("192.0.2.2")));
        two.left.send(two.toRight(1));
        two.network.passSeconds(600);
        two.right.moveTo("203.0.113.50:2000");
        two.left.names.put("relay.example.org", List.of(InetAddress.getByName("203.0.113.50")));
        two.left.send(two.toRight(1));
        two.network.passSeconds(5.4);
        assertEquals(2, two.right.delivered.size());
    }

    @Test
    @Tag("W28")
    void aNameIsLookedUpBeforeItIsNeededAndNobodyIsCalledForThat() throws Exception {
        two.close();
        two = new TwoPeers(null, null, "relay.example.org:2000", null);
        two.left.names.put("relay.example.org", List.of(InetAddress.getByName("192.0.2.2")));
        two.network.passSeconds(60);
        assertEquals(List.of("relay.example.org"), two.left.lookedUp);
        assertEquals(TwoPeers.RIGHT_PLACE, two.left.peer(0).endpoint());
        assertTrue(two.network.sent.isEmpty());
    }

    @Test
    @Tag("W28")
    void whoIsKeptAliveIsCalledAsSoonAsItsNameIsKnown() throws Exception {
        String name = "relay.example.org";
        two.left.device.submit(new DeviceCommand.SetPeer(two.rightKeptAlive(name + ":2000", 25)));
        two.network.passSeconds(1);
        assertTrue(two.network.sent.isEmpty());
        two.left.names.put(name, List.of(InetAddress.getByName("192.0.2.2")));
        two.left.device.submit(new DeviceCommand.NetworkChanged());
        two.network.settle();
        assertTrue(two.left.hasSession());
    }

    @Test
    @Tag("W28")
    void nothingIsSaidOfTheNameOfAPeerThatIsGone() {
        two.close();
        two = new TwoPeers(null, null, "relay.example.org:2000", null);
        two.left.device.submit(new DeviceCommand.RemovePeer(two.right.publicKey));
        two.network.settle();
        assertEquals(List.of("relay.example.org"), two.left.lookedUp);
        assertEquals(List.of(), two.left.events);
    }

    /** Where it answers, it stays, whatever the name says. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Tag("W28")
    void aNameThatMovesDoesNotMoveAPeerThatAnswers(boolean afterAttemptsInVain) throws Exception {
        two.close();
        two = new TwoPeers(null, null, "relay.example.org:2000", null);
        two.left.names.put("relay.example.org", List.of(InetAddress.getByName("192.0.2.2")));
        two.network.arrives = datagram -> !afterAttemptsInVain;
        two.left.send(two.toRight(1));
        two.network.passSeconds(6);
        two.network.arrives = datagram -> true;
        two.network.passSeconds(40);
        two.left.names.put("relay.example.org", List.of(InetAddress.getByName("203.0.113.50")));
        two.network.arrives = datagram -> datagram.type() != MessageType.DATA;
        two.left.send(two.toRight(1));
        two.network.passSeconds(16);
        assertEquals(2, two.left.lookedUp.size());
        assertEquals(TwoPeers.RIGHT_PLACE, two.left.peer(0).endpoint());
    }

    @Test
    @Tag("W28")
    void scopeOfLinkLocalAddressesIsKept() {
        two.shakeHands();
        Endpoint place = new Endpoint();
        place.set(TestNode.address("[fe80::1]:1000"));
        place.scope = 3;
        two.left.send(two.toRight(1));
        Datagram real = two.network.sent.getFirst();
        two.right.receive(List.of(new Datagram(place, real.to(), real.bytes(), 0)));
        two.right.send(two.toLeft(1));
        assertEquals(3, two.network.sent.getLast().to().scope);
    }

    @Test
    @Tag("W28")
    void scopeMayBeAnInterfaceWithoutALinkLocalAddress() throws Exception {
        int loopback = NetworkInterface.getByName("lo").getIndex();
        two.left.device.submit(
                new DeviceCommand.MoveEndpoint(
                        two.right.publicKey, PeerEndpoint.parse("[fe80::1%lo]:1000")));
        two.network.settle();
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(loopback, two.network.sent.getLast().to().scope);
        assertEquals(List.of(), two.left.lookedUp, "it is no name");
    }

    @Test
    @Tag("W27")
    void sourceThatTheKernelRefusesIsForgotten() {
        two.shakeHands();
        two.right.device.submit(new DeviceCommand.ForgetSource(0));
        two.network.settle();
        two.right.send(two.toLeft(1));
        assertEquals(0, two.network.sent.getLast().to().localLow);
        assertEquals(TwoPeers.LEFT_PLACE, two.network.sent.getLast().to().toString());
    }

    @Test
    @Tag("W27")
    void socketsThatAreBoundAnewForgetEverySource() {
        two.shakeHands();
        two.right.device.submit(new DeviceCommand.ForgetSources());
        two.network.settle();
        two.right.send(two.toLeft(1));
        assertEquals(0, two.network.sent.getLast().to().localLow);
    }

    @Test
    @Tag("W27")
    void sourceIsNotSpokenFromWhileItsRepliesLeaveByAnotherInterface() {
        two.shakeHands();
        Endpoint path = pathOfRight();
        long source = path.localLow;
        two.right.device.submit(new DeviceCommand.JudgeSource(0, path, false));
        two.network.settle();
        two.right.send(two.toLeft(1));
        assertEquals(0, two.network.sent.getLast().to().localLow);
        two.left.send(two.toRight(1)); // comes to that address again
        two.network.settle();
        two.right.send(two.toLeft(1));
        assertEquals(0, two.network.sent.getLast().to().localLow, "not learnt again");
        assertEquals(source, pathOfRight().localLow, "judged again when routes change");
        two.right.device.submit(new DeviceCommand.JudgeSource(0, pathOfRight(), true));
        two.left.send(two.toRight(1));
        two.network.settle();
        two.right.send(two.toLeft(1));
        assertEquals(source, two.network.sent.getLast().to().localLow);
    }

    private Endpoint pathOfRight() {
        CompletableFuture<Map<Integer, Endpoint>> paths = two.right.device.paths();
        two.network.settle();
        return paths.join().get(0);
    }

    @Test
    @Tag("W10")
    void changedNetworkShakesHandsAtOnceAndForgetsTheSource() {
        two.shakeHands();
        two.network.passSeconds(1);
        two.forget();
        two.left.device.submit(new DeviceCommand.NetworkChanged());
        two.left.device.submit(new DeviceCommand.NetworkChanged());
        two.network.settle();
        assertEquals(1, two.network.count(two.left.place, MessageType.INITIATION), "one is enough");
        assertEquals(0, two.network.sent.getFirst().to().localLow);
        assertEquals(2, two.left.peer(0).sessions());
    }

    @Test
    void addressThatIsConfiguredAgainUnchangedLeavesThePeerWhereItMovedTo() {
        two.shakeHands();
        two.right.moveTo("203.0.113.50:2000");
        two.right.send(two.toLeft(1));
        two.network.settle();
        two.left.device.submit(
                new DeviceCommand.SetPeer(
                        TwoPeers.peer(
                                "right",
                                two.right.privateKey,
                                null,
                                TwoPeers.RIGHT_PLACE,
                                "10.0.0.2/32")));
        two.network.settle();
        assertEquals("203.0.113.50:2000", two.left.peer(0).endpoint());
        two.left.send(two.toRight(1));
        two.network.settle();
        assertEquals(1, two.right.delivered.size());
    }
}
