package io.jnat.tun.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Endpoint;
import io.jnat.tun.Routes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The kernel's routes, asked in a namespace with two ways out. */
@Timeout(30)
final class RoutesTest {
    private static final int MARK = 0xca6c;

    private NetworkNamespace here;
    private NetworkNamespace there;
    private Routes routes;

    @BeforeEach
    void makeTwoWaysOut() throws IOException {
        NetworkNamespace.assumeAvailable();
        here = NetworkNamespace.create();
        there = NetworkNamespace.create();
        for (String device : new String[] {"v0", "v1"}) {
            NetworkNamespace.join(here, device, there, device);
        }
        here.address("v0", "10.88.0.1/24");
        here.address("v1", "10.88.1.1/24");
        here.address("v0", "fd88::1/64");
        here.ip("route", "add", "default", "dev", "v0", "metric", "10");
        here.ip("-6", "route", "add", "default", "dev", "v0", "metric", "10");
        routes = here.call(Linux::openRoutes);
    }

    @AfterEach
    void close() throws IOException {
        if (routes != null) {
            routes.close();
            there.close();
            here.close();
        }
    }

    private int index(String device) throws IOException {
        return Integer.parseInt(here.ip("-o", "link", "show", device).split(":", -1)[0]);
    }

    private static Endpoint path(String to, String from) {
        Endpoint local = new Endpoint();
        local.set(new InetSocketAddress(from, 1));
        Endpoint path = new Endpoint();
        path.set(new InetSocketAddress(to, 1));
        path.localHigh = local.high;
        path.localLow = local.low;
        return path;
    }

    @Test
    @Tag("W27")
    void wayOutFollowsRoutesRulesAndMarks() throws IOException {
        Endpoint far = path("203.0.113.9", "10.88.0.1");
        assertEquals(index("v0"), routes.interfaceTowards(far, 0));
        here.ip("route", "add", "default", "dev", "v1", "metric", "1");
        assertEquals(index("v1"), routes.interfaceTowards(far, 0));
        here.ip("route", "add", "default", "dev", "v0", "table", "77");
        here.ip("rule", "add", "fwmark", Integer.toString(MARK), "lookup", "77");
        assertEquals(index("v0"), routes.interfaceTowards(far, MARK));
        assertEquals(index("v1"), routes.interfaceTowards(far, 0));
        here.ip("rule", "add", "from", "10.88.0.1", "lookup", "77");
        assertEquals(index("v0"), routes.interfaceTowards(far, 0));
        Endpoint six = path("2001:db8::9", "fd88::1");
        assertEquals(index("v0"), routes.interfaceTowards(six, 0));
        here.ip("-6", "route", "add", "2001:db8::/32", "dev", "v1");
        assertEquals(index("v1"), routes.interfaceTowards(six, 0));
    }

    @Test
    @Tag("W27")
    void noWayOutIsUnknownAndTheNextQuestionIsAnswered() throws IOException {
        here.ip("route", "del", "default", "dev", "v0");
        assertEquals(Routes.UNKNOWN, routes.interfaceTowards(path("203.0.113.9", "10.88.0.1"), 0));
        assertEquals(Routes.UNKNOWN, routes.interfaceTowards(path("10.88.0.9", "192.0.2.1"), 0));
        assertEquals(index("v0"), routes.interfaceTowards(path("10.88.0.9", "10.88.0.1"), 0));
    }

    @Test
    @Tag("W27")
    void changesEndTheWait() throws IOException, InterruptedException {
        String[][] changes = {
            {"route", "add", "198.51.100.0/24", "dev", "v1"},
            {"-6", "route", "add", "2001:db8:5::/48", "dev", "v1"},
            {"rule", "add", "fwmark", "9", "lookup", "77"},
            {"-6", "rule", "add", "fwmark", "9", "lookup", "77"},
            {"address", "add", "10.88.7.1/24", "dev", "v1"},
            {"link", "set", "v1", "down"},
        };
        for (String[] change : changes) {
            CountDownLatch waits = new CountDownLatch(1);
            CountDownLatch heard = new CountDownLatch(1);
            Thread listener =
                    Thread.ofPlatform()
                            .daemon()
                            .start(() -> {
                                waits.countDown();
                                routes.awaitChange();
                                heard.countDown();
                            });
            waits.await();
            assertFalse(heard.await(50, TimeUnit.MILLISECONDS), "nothing has changed yet");
            here.ip(change);
            assertTrue(heard.await(5, TimeUnit.SECONDS), String.join(" ", change));
            listener.join();
            // One change may be told in several messages.
            routes.wake();
            routes.awaitChange();
        }
    }
}
