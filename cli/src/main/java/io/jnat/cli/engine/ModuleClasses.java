package io.jnat.cli.engine;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.function.Predicate;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/** All classes of a module, loaded before they are first used. */
public final class ModuleClasses {
    private static final String SUFFIX = ".class";

    private ModuleClasses() {}

    /**
     * Loads and initialises classes of a module; none while a build runs its tests, since its
     * classes are in no archive then.
     *
     * @param one any of its classes
     * @param wanted is asked for each, {@code io/jnat/nat/flow/Flow.class} for example
     * @throws IOException if the archive can't be read, or a class can't be loaded
     */
    public static void load(Class<?> one, Predicate<String> wanted) throws IOException {
        File archive = archive(one);
        if (!archive.isFile()) {
            return;
        }
        try (JarFile jar = new JarFile(archive)) {
            for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
                String name = entry.getName();
                if (name.endsWith(SUFFIX) && !name.endsWith("-info.class") && wanted.test(name)) {
                    load(name.substring(0, name.length() - SUFFIX.length()), one);
                }
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

    private static void load(String path, Class<?> one) throws IOException {
        try {
            Class.forName(path.replace('/', '.'), true, one.getClassLoader());
        } catch (ClassNotFoundException | LinkageError broken) {
            throw new IOException("class " + path + " can't be loaded: " + broken, broken);
        }
    }
}
