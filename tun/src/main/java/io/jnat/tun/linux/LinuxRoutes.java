package io.jnat.tun.linux;

import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Memory;
import io.jnat.tun.Routes;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * Asks rtnetlink (RTM_GETROUTE, rtnetlink(7)).
 *
 * <pre>
 *   struct nlmsghdr   0 length   4 type (2)   6 flags (2)   8 sequence   12 port id
 *   struct rtmsg     16 family   17 destination bits   18 source bits   19 TOS   20 table …
 *   struct rtattr    28 length (2)   30 type (2)   32 value, to a multiple of four …
 * </pre>
 */
final class LinuxRoutes implements Routes {
    private static final long LONG_NANOS = TimeUnit.HOURS.toNanos(1);

    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int RTM_NEWROUTE = 24;
    private static final int RTM_GETROUTE = 26;
    private static final int NLM_F_REQUEST = 1;
    private static final int RTA_DST = 1;
    private static final int RTA_SRC = 2;
    private static final int RTA_OIF = 4;
    private static final int RTA_MARK = 16;

    private static final int TYPE = 4;
    private static final int FLAGS = 6;
    private static final int SEQUENCE = 8;
    private static final int FAMILY = 16;
    private static final int DESTINATION_BITS = 17;
    private static final int SOURCE_BITS = 18;
    private static final int ATTRIBUTES = 28;
    private static final int ATTRIBUTE_HEADER_BYTES = 4;

    private final Kernel kernel;
    private final NetworkEvents events;
    private final int fd;
    private int sequence;

    private LinuxRoutes(Kernel kernel, NetworkEvents events, int fd) {
        this.kernel = kernel;
        this.events = events;
        this.fd = fd;
    }

    static LinuxRoutes open(Kernel kernel) throws IOException {
        NetworkEvents events = NetworkEvents.open(kernel, NetworkEvents.ROUTES);
        try {
            return new LinuxRoutes(kernel, events, NetworkEvents.socket(kernel));
        } catch (IOException failure) {
            events.close();
            throw failure;
        }
    }

    @Override
    public void awaitChange() {
        events.await(LONG_NANOS);
    }

    @Override
    public void wake() {
        events.wake();
    }

    @Override
    public int interfaceTowards(Endpoint path, int mark) {
        try (Scratch scratch = new Scratch()) {
            long message = scratch.address();
            int bytes = writeQuestion(message, path, mark);
            if (kernel.write(fd, message, bytes) < bytes) {
                return UNKNOWN;
            }
            // The kernel has answered within the write; older answers were left by failures.
            long read = kernel.read(fd, message, Scratch.BYTES);
            while (read >= ATTRIBUTES
                    && Memory.getIntLittleEndian(message + SEQUENCE) != sequence) {
                read = kernel.read(fd, message, Scratch.BYTES);
            }
            return readAnswer(message, read);
        }
    }

    private int writeQuestion(long message, Endpoint path, int mark) {
        int addressBytes = path.v6 ? 16 : 4;
        Memory.zero(message, Scratch.BYTES);
        Memory.putShortLittleEndian(message + TYPE, RTM_GETROUTE);
        Memory.putShortLittleEndian(message + FLAGS, NLM_F_REQUEST);
        Memory.putIntLittleEndian(message + SEQUENCE, ++sequence);
        Memory.putByte(message + FAMILY, path.v6 ? AF_INET6 : AF_INET);
        Memory.putByte(message + DESTINATION_BITS, 8 * addressBytes);
        Memory.putByte(message + SOURCE_BITS, 8 * addressBytes);
        int at = ATTRIBUTES;
        at = address(message, at, RTA_DST, path.v6, path.high, path.low);
        at = address(message, at, RTA_SRC, path.v6, path.localHigh, path.localLow);
        if (path.scope != 0) {
            at = number(message, at, RTA_OIF, path.scope);
        }
        if (mark != 0) {
            at = number(message, at, RTA_MARK, mark);
        }
        Memory.putIntLittleEndian(message, at);
        return at;
    }

    private static int address(long message, int at, int type, boolean v6, long high, long low) {
        long value = message + at + ATTRIBUTE_HEADER_BYTES;
        int bytes = ATTRIBUTE_HEADER_BYTES + (v6 ? 16 : 4);
        header(message + at, type, bytes);
        if (v6) {
            Memory.putLong(value, high);
            Memory.putLong(value + 8, low);
        } else {
            Memory.putInt(value, (int) low);
        }
        return at + bytes;
    }

    private static int number(long message, int at, int type, int value) {
        int bytes = ATTRIBUTE_HEADER_BYTES + Integer.BYTES;
        header(message + at, type, bytes);
        Memory.putIntLittleEndian(message + at + ATTRIBUTE_HEADER_BYTES, value);
        return at + bytes;
    }

    private static void header(long attribute, int type, int bytes) {
        Memory.putShortLittleEndian(attribute, bytes);
        Memory.putShortLittleEndian(attribute + 2, type);
    }

    /** The attribute RTA_OIF of an answer; anything else, an error too, is unknown. */
    private static int readAnswer(long message, long read) {
        if (read < ATTRIBUTES || Memory.getShortLittleEndian(message + TYPE) != RTM_NEWROUTE) {
            return UNKNOWN;
        }
        long end = Math.min(read, Memory.getIntLittleEndian(message));
        long at = ATTRIBUTES;
        while (at + ATTRIBUTE_HEADER_BYTES + Integer.BYTES <= end) {
            int bytes = Memory.getShortLittleEndian(message + at);
            if (bytes < ATTRIBUTE_HEADER_BYTES) {
                break;
            }
            if (Memory.getShortLittleEndian(message + at + 2) == RTA_OIF) {
                return Memory.getIntLittleEndian(message + at + ATTRIBUTE_HEADER_BYTES);
            }
            at += (bytes + 3) & ~3;
        }
        return UNKNOWN;
    }

    @Override
    public void close() {
        events.close();
        kernel.close(fd);
    }
}
