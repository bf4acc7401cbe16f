package io.jnat.cli.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Set;

/** Keys lie in files of their own, one key in base64, readable by their owner only. */
public final class KeyFiles {
    private static final int KEY_BYTES = 32;

    /** What is longer is another file, named by mistake, and may not fit into the heap. */
    private static final int MOST_BYTES = 4096;

    private static final String EXPECTED_KEY =
            "a key: 32 bytes in base64, 44 characters ending in =";

    private static final Set<PosixFilePermission> OTHERS =
            EnumSet.complementOf(
                    EnumSet.of(
                            PosixFilePermission.OWNER_READ,
                            PosixFilePermission.OWNER_WRITE,
                            PosixFilePermission.OWNER_EXECUTE));

    private KeyFiles() {}

    /**
     * Reads a private or a preshared key.
     *
     * @return 32 bytes; the caller wipes them
     * @throws IOException when the file cannot be read or holds something else; its message names
     *     the file and never the key
     */
    public static byte[] read(Path file) throws IOException {
        try (InputStream in = GivenFile.open(file)) {
            byte[] bytes = in.readNBytes(MOST_BYTES);
            return parse(file.toString(), new String(bytes, StandardCharsets.ISO_8859_1));
        }
    }

    /**
     * Reads a key out of text.
     *
     * @param from where it came from, for the message
     * @throws IOException when it is not a key; the message never shows the text
     */
    public static byte[] parse(String from, String text) throws IOException {
        try {
            return decode(text.strip());
        } catch (BadValue bad) {
            throw new IOException(from + " does not hold " + bad.expected(), bad);
        }
    }

    /** Writes a key into a new file that only its owner may read; never over an old one. */
    public static void create(Path file, String base64) throws IOException {
        createPrivate(file, base64 + "\n");
    }

    /** Writes a text that holds a key, in the same way. */
    public static void createPrivate(Path file, String text) throws IOException {
        Set<PosixFilePermission> ownerOnly =
                EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(ownerOnly));
        try {
            Files.writeString(file, text);
        } catch (IOException failed) {
            Files.delete(file); // what is half there would be in the next attempt's way
            throw new IOException(file + ": cannot be written: " + failed.getMessage(), failed);
        }
    }

    /** Whether anybody but its owner has a right to a file. */
    public static boolean othersMayReadIt(Path file) throws IOException {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        permissions.addAll(Files.getPosixFilePermissions(file));
        permissions.retainAll(OTHERS);
        return !permissions.isEmpty();
    }

    static byte[] decode(String text) throws BadValue {
        if (text.length() != 44) {
            throw new BadValue(EXPECTED_KEY);
        }
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException notBase64) {
            throw new BadValue(EXPECTED_KEY);
        }
        if (bytes.length != KEY_BYTES) {
            throw new BadValue(EXPECTED_KEY);
        }
        return bytes;
    }
}
