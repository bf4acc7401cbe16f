package io.jnat.cli.engine;

import io.jnat.core.engine.Forwarder;
import io.jnat.nat.NatPolicy;
import io.jnat.tun.linux.Linux;
import io.jnat.wireguard.WireGuardDevice;
import java.io.IOException;
import java.util.List;

/**
 * The classes that packets need. The JVM loads a class when it is first used; code that was
 * compiled before that is thrown away then, with all that is inlined in it, in the middle of a call
 * (docs/decisions/014-rehearsal.md).
 */
public final class PacketClasses {
    /** One class of each module that a packet comes through. */
    private static final List<Class<?>> MODULES =
            List.of(Forwarder.class, NatPolicy.class, Linux.class, WireGuardDevice.class);

    /** What no packet needs, or what is loaded with its training. */
    private static final List<String> OTHERS = List.of("/sim/", "/vector/");

    private PacketClasses() {}

    /**
     * Loads and initialises all of them.
     *
     * @throws IOException if a module's archive can't be read
     */
    public static void load() throws IOException {
        for (Class<?> module : MODULES) {
            ModuleClasses.load(module, name -> OTHERS.stream().noneMatch(name::contains));
        }
    }
}
