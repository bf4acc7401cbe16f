package io.jnat.cli.wiring;

import io.jnat.core.engine.Forwarder;
import io.jnat.nat.NatPolicy;
import io.jnat.tun.linux.Linux;
import io.jnat.wireguard.WireGuardDevice;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/**
 * The classes that packets need. The JVM loads a class when it is first used; code that was
 * compiled before that is thrown away then, with all that is inlined in it, in the middle of a call
 * (docs/decisions/014-rehearsal.md).
 */
final class PacketClasses {
    /** One class of each module that a packet comes through. */
    private static final List<Class<?>> MODULES =
            List.of(Forwarder.class, NatPolicy.class, Linux.class, WireGuardDevice.class);

    /** What no packet needs, or what is loaded with its training. */
    private static final List<String> OTHERS = List.of("/sim/", "/vector/", "-info");

    private PacketClasses() {}

    /**
     * Loads and initialises all of them.
     *
     * @throws IOException if a module's archive can't be read
     */
    static void load() throws IOException {
        for (Class<?> module : MODULES) {
            File archive = archive(module);
            if (archive.isFile()) { // a directory while a build runs its tests
                loadAll(archive, module.getClassLoader());
            }
        }
    }

    private static File archive(Class<?> of) throws IOException {
        try {
            URI place = of.getProtectionDomain().getCodeSource().getLocation().toURI();
            return new File(place);
        } catch (URISyntaxException | IllegalArgumentException odd) {
            throw new IOException("where " + of.getName() + " comes from: " + odd, odd);
        }
    }

    private static void loadAll(File archive, ClassLoader loader) throws IOException {
        try (JarFile jar = new JarFile(archive)) {
            for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
                String name = entry.getName();
                if (name.endsWith(".class") && OTHERS.stream().noneMatch(name::contains)) {
                    load(name.substring(0, name.length() - ".class".length()), loader);
                }
            }
        }
    }

    private static void load(String path, ClassLoader loader) throws IOException {
        try {
            Class.forName(path.replace('/', '.'), true, loader);
        } catch (ClassNotFoundException | LinkageError broken) {
            throw new IOException("class " + path + " can't be loaded: " + broken, broken);
        }
    }
}
