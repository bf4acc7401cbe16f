package io.jnat.cli.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.Layout;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.Receiver;
import io.jnat.core.engine.Zone;
import io.jnat.core.packet.Burst;
import io.jnat.core.time.Clock;
import io.jnat.nat.PassThrough;
import io.jnat.tun.UdpSockets;
import io.jnat.wireguard.DeviceConfig;
import io.jnat.wireguard.WireGuardDevice;
import io.jnat.wireguard.WireGuardKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EngineAssemblyTest {
    /** Nobody has this descriptor. */
    private static final Receiver UNWATCHABLE =
            new Receiver() {
                @Override
                public int[] fileDescriptors() {
                    return new int[] {1_000_000};
                }

                @Override
                public boolean receive(Burst burst, long readable) {
                    return false;
                }
            };

    private final UdpSockets sockets =
            (UdpSockets)
                    Proxy.newProxyInstance(
                            UdpSockets.class.getClassLoader(),
                            new Class<?>[] {UdpSockets.class},
                            (self, method, arguments) ->
                                    method.getName().equals("receivers")
                                            ? List.of(UNWATCHABLE)
                                            : null);

    /** Who starts an instance or a device tells its user what an IOException says. */
    @Test
    void whatTheKernelDoesNotWatchIsSaidAsAllThatCannotBeHad() {
        Link tunnel = new Link(0, "tunnel", Zone.TUNNEL, 1420);
        WireGuardDevice wireguard =
                new WireGuardDevice(
                        DeviceConfig.standard(WireGuardKey.generatePrivate()),
                        tunnel,
                        List.of(),
                        Clock.MONOTONIC,
                        InstantSource.system(),
                        event -> {});
        IOException refused =
                assertThrows(
                        IOException.class,
                        () ->
                                new EngineAssembly(
                                        Layout.ONE,
                                        new EngineAssembly.ThreadSettings(null, List.of(), false),
                                        List.of(tunnel),
                                        tunnel,
                                        List.of(),
                                        sockets,
                                        wireguard,
                                        new PassThrough(0, 0),
                                        Log.toStderr()));
        assertTrue(refused.getMessage().contains("epoll_ctl: EBADF"), refused.getMessage());
    }

    /** A nice value needs CAP_SYS_NICE, a core does not. */
    @Test
    void whatTheKernelRefusesAThreadKeepsNothingElseFromIt() {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        List<String> applied = new ArrayList<>();
        EngineAssembly.applyEach(
                List.of(
                        () -> {
                            throw new IOException("setpriority -10: EACCES");
                        },
                        () -> applied.add("core"),
                        () -> {
                            throw new IOException("sched_setaffinity to core 7: EINVAL");
                        }),
                new Log(new PrintStream(said, true, StandardCharsets.UTF_8), true));
        assertEquals(List.of("core"), applied);
        assertEquals(
                List.of(
                        "<4>engine thread goes on without a setting: setpriority -10: EACCES",
                        "<4>engine thread goes on without a setting: sched_setaffinity to core 7: EINVAL"),
                said.toString(StandardCharsets.UTF_8).lines().toList());
    }
}
