package io.jnat.cli.steering;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** One process at a time steers for an instance; the kernel lets go when the process ends. */
final class InstanceLock implements AutoCloseable {
    private final FileChannel channel;

    private InstanceLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Takes it.
     *
     * @param spare where it lies if the folder can't be written, as on a disk that is read-only
     */
    static InstanceLock take(Path folder, Path spare, String name) throws IOException {
        try {
            return take(folder, name);
        } catch (FileSystemException refused) {
            try {
                return take(spare, name);
            } catch (FileSystemException neither) {
                boolean denied = refused instanceof AccessDeniedException;
                throw new SteeringException(
                        folder
                                + " can't be written: "
                                + (denied ? "permission denied" : refused.getMessage())
                                + "; run jnat as root",
                        refused);
            }
        }
    }

    private static InstanceLock take(Path folder, String name) throws IOException {
        Files.createDirectories(folder);
        FileChannel channel =
                FileChannel.open(
                        folder.resolve(name + ".lock"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
        boolean taken;
        try {
            taken = channel.tryLock() != null;
        } catch (OverlappingFileLockException bySomebodyElseInThisProcess) {
            taken = false;
        }
        if (!taken) {
            channel.close();
            throw new SteeringException(
                    "instance \""
                            + name
                            + "\" is running (its lock is "
                            + folder.resolve(name + ".lock")
                            + "); stop it first");
        }
        return new InstanceLock(channel);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
