package io.jnat.nat;

import io.jnat.nat.flow.SavedFlow;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * The flow table on disk (N53). Each flow has a place by its number behind a head, so that the file
 * is no larger than the table however long it is written to.
 *
 * <pre>
 *  0 "jnatflow"   8 version   12 bytes of a flow
 * 16 what the wall clock is ahead of the monotonic one, ms
 * 24 when it was written, ms of the monotonic clock
 * 32 boot, 36 characters    68 reserved    72 CRC-32C of the head so far
 * 4096 flow 1, flow 2 …
 * </pre>
 *
 * <p>A file that is begun stands beside the one that is there, which holds until the new one has
 * all flows and is {@linkplain #publish published}. Owner: one thread.
 */
public final class FlowFile implements AutoCloseable {
    private static final long MAGIC = 0x6A6E6174666C6F77L;
    private static final int VERSION = 1;
    private static final int HEAD_BYTES = 76;
    private static final int CHECKSUM = 72;
    private static final int FLOWS_START = 4096;
    private static final int BOOT = 32;
    private static final int BOOT_BYTES = 36;
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    /** A written deadline has 32 bits of milliseconds; half of that can be told from the past. */
    private static final long OLDEST_MILLIS = 20L * 24 * 3600 * 1000;

    private final Path file;
    private final Path fresh;
    private final FileChannel channel;
    private final byte[] boot = bootId();
    private boolean published;

    private FlowFile(Path file, Path fresh, FileChannel channel) {
        this.file = file;
        this.fresh = fresh;
        this.channel = channel;
    }

    /** Begins a file. */
    public static FlowFile create(Path file) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        // Who speaks to whom is nobody else's business.
        FileChannel channel =
                FileChannel.open(
                        fresh,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
        return new FlowFile(file, fresh, channel);
    }

    /**
     * Writes flows to their places; neighbours go out in one call.
     *
     * @param nowNanos the engine's clock
     * @param wallMillis the wall clock at the same time
     */
    public void write(FlowChanges changes, long nowNanos, long wallMillis) throws IOException {
        int count = changes.count();
        ByteBuffer flows = changes.flows();
        for (int at = 0; at < count; at++) {
            SavedFlow.seal(flows, at * SavedFlow.BYTES);
        }
        int start = 0;
        for (int end = 1; end <= count; end++) {
            if (end == count || changes.number(end) != changes.number(end - 1) + 1) {
                flows.limit(end * SavedFlow.BYTES).position(start * SavedFlow.BYTES);
                writeFully(flows, FLOWS_START + (changes.number(start) - 1L) * SavedFlow.BYTES);
                start = end;
            }
        }
        ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES);
        head.putLong(0, MAGIC).putInt(8, VERSION).putInt(12, SavedFlow.BYTES);
        head.putLong(16, wallMillis - nowNanos / 1_000_000).putLong(24, nowNanos / 1_000_000);
        head.put(BOOT, boot).putInt(CHECKSUM, checksum(head));
        writeFully(head, 0);
    }

    private void writeFully(ByteBuffer from, long place) throws IOException {
        long at = place;
        while (from.hasRemaining()) {
            at += channel.write(from, at);
        }
    }

    /** Takes the place of the file that was there before. */
    public void publish() throws IOException {
        Files.move(
                fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        published = true;
    }

    /** Whether it has taken the place of the former one. */
    public boolean isPublished() {
        return published;
    }

    /** Onto the disk itself. */
    public void force() throws IOException {
        channel.force(false);
    }

    /** Ends; a file that was not published is gone. */
    @Override
    public void close() throws IOException {
        channel.close();
        if (!published) {
            Files.deleteIfExists(fresh);
        }
    }

    /**
     * Gives a policy, which has its rules and no engine yet, the flows of a file.
     *
     * @param nowNanos the engine's clock
     * @param wallMillis the wall clock at the same time
     * @throws IOException saying why the file is of no use; nothing was restored then
     */
    public static FlowRestore.Result restore(
            Path file, NatPolicy policy, long nowNanos, long wallMillis) throws IOException {
        try (FileChannel from = FileChannel.open(file, StandardOpenOption.READ)) {
            FlowRestore restore =
                    new FlowRestore(policy, shiftMillis(from, nowNanos, wallMillis), nowNanos);
            ByteBuffer flows = ByteBuffer.allocate(1024 * SavedFlow.BYTES);
            long at = FLOWS_START;
            while (readFully(from, flows, at) > 0) {
                restore.take(flows);
                at += flows.limit();
            }
            return restore.finish();
        }
    }

    /** What is to be added to a written deadline to have it on the clock of now. */
    private static long shiftMillis(FileChannel from, long nowNanos, long wallMillis)
            throws IOException {
        ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES);
        if (readFully(from, head, 0) < HEAD_BYTES) {
            throw new EOFException("cut off");
        }
        if (head.getLong(0) != MAGIC || head.getInt(CHECKSUM) != checksum(head)) {
            throw new IOException("damaged");
        }
        if (head.getInt(8) != VERSION || head.getInt(12) != SavedFlow.BYTES) {
            throw new IOException("written by another version of jnat");
        }
        byte[] thatBoot = new byte[BOOT_BYTES];
        head.get(BOOT, thatBoot);
        boolean sameClock = thatBoot[0] != 0 && Arrays.equals(thatBoot, bootId());
        // After a reboot the wall clock tells how long it was.
        long shift = sameClock ? 0 : head.getLong(16) - (wallMillis - nowNanos / 1_000_000);
        long ageMillis = nowNanos / 1_000_000 - (head.getLong(24) + shift);
        if (ageMillis > OLDEST_MILLIS) {
            throw new IOException("weeks old");
        }
        return ageMillis < 0 ? shift + ageMillis : shift; // a clock went back: no time has passed
    }

    private static int readFully(FileChannel from, ByteBuffer to, long at) throws IOException {
        to.clear();
        while (to.hasRemaining() && from.read(to, at + to.position()) >= 0) {
            // until the buffer is full or the file ends
        }
        to.flip();
        return to.limit();
    }

    private static byte[] bootId() {
        try {
            byte[] text = Files.readString(BOOT_ID).getBytes(StandardCharsets.US_ASCII);
            return Arrays.copyOf(text, BOOT_BYTES);
        } catch (IOException unknown) {
            return new byte[BOOT_BYTES];
        }
    }

    private static int checksum(ByteBuffer head) {
        CRC32C crc = new CRC32C();
        crc.update(head.slice(0, CHECKSUM));
        return (int) crc.getValue();
    }
}
