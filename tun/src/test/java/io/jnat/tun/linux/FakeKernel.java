package io.jnat.tun.linux;

import io.jnat.core.packet.Memory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * A Linux that does as it is told: frames to read, messages to receive, and errors to answer with.
 * Everything else succeeds and does nothing.
 */
class FakeKernel implements Kernel {
    /** What a TUN read brings; an errno instead of a frame is a one-element array. */
    final ArrayDeque<byte[]> frames = new ArrayDeque<>();

    /** What was written to a TUN device or sent by a socket, in order. */
    final List<byte[]> written = new ArrayList<>();

    /** Where each sent datagram's control messages were, one for each of {@link #written}. */
    final List<byte[]> controls = new ArrayList<>();

    /** By which socket each was sent, one for each of {@link #written}. */
    final List<Integer> senders = new ArrayList<>();

    final ArrayDeque<Message> messages = new ArrayDeque<>();

    /** Errors that the next receive calls answer with before any message. */
    final ArrayDeque<Integer> receiveErrors = new ArrayDeque<>();

    /** Says for a frame or datagram (its control bytes after it) which errno it meets; 0: none. */
    Refusal refusal = (bytes, control) -> 0;

    /** Says which errno a request to TUNSETOFFLOAD or TUNSETIFF meets. */
    RequestRefusal requestRefusal = (request, argument) -> 0;

    int openErrno;
    int socketErrno6;
    int calls;

    /** What watching another descriptor meets. */
    int watchErrno;

    /** Descriptors of TUN devices that were opened: 100, 200 and so on. */
    int devices;

    /** Descriptors that were closed. */
    final List<Integer> closed = new ArrayList<>();

    private int errno;

    @FunctionalInterface
    interface Refusal {
        int errno(byte[] bytes, byte[] control);
    }

    @FunctionalInterface
    interface RequestRefusal {
        int errno(long request, long argument);
    }

    /** One message for recvmmsg: all that the kernel would fill in. */
    static final class Message {
        final byte[] name;
        final byte[] payload;
        final byte[] control;
        final int flags;

        Message(byte[] name, byte[] payload, byte[] control, int flags) {
            this.name = name;
            this.payload = payload;
            this.control = control;
            this.flags = flags;
        }
    }

    private int fail(int number) {
        errno = number;
        return number == 0 ? 0 : -1;
    }

    private static byte[] bytes(long address, int length) {
        byte[] copy = new byte[length];
        Memory.copy(address, copy, 0, length);
        return copy;
    }

    @Override
    public int errno() {
        return errno;
    }

    @Override
    public int open(long path, int flags) {
        if (openErrno != 0) {
            return fail(openErrno);
        }
        return 100 + 100 * devices++;
    }

    @Override
    public int close(int fd) {
        closed.add(fd);
        return 0;
    }

    @Override
    public int ioctl(int fd, long request, long argument) {
        return fail(requestRefusal.errno(request, argument));
    }

    @Override
    public long read(int fd, long buffer, long bytes) {
        calls++;
        byte[] frame = frames.poll();
        if (frame == null) {
            return fail(Errno.EAGAIN);
        }
        if (frame.length == 1) {
            return fail(frame[0]);
        }
        int length = (int) Math.min(bytes, frame.length);
        Memory.copy(frame, 0, buffer, length);
        return length;
    }

    @Override
    public long write(int fd, long buffer, long bytes) {
        calls++;
        byte[] frame = bytes(buffer, (int) bytes);
        int refused = refusal.errno(frame, new byte[0]);
        if (refused != 0) {
            return fail(refused);
        }
        written.add(frame);
        return bytes;
    }

    @Override
    public int socket(int family, int type, int protocol) {
        if (family == SocketAddress.INET6 && socketErrno6 != 0) {
            return fail(socketErrno6);
        }
        return family == SocketAddress.INET6 ? 106 : 104;
    }

    @Override
    public int bind(int fd, long address, int length) {
        return 0;
    }

    @Override
    public int getsockname(int fd, long address, long lengthAddress) {
        Memory.putShort(address + 2, 51_820);
        return 0;
    }

    @Override
    public int getsockopt(int fd, int level, int option, long value, long lengthAddress) {
        return 0;
    }

    @Override
    public int setsockopt(int fd, int level, int option, long value, int length) {
        return 0;
    }

    @Override
    public int recvmmsg(int fd, long vector, int count, int flags) {
        calls++;
        Integer error = receiveErrors.poll();
        if (error != null) {
            return fail(error);
        }
        int received = 0;
        while (received < count && !messages.isEmpty()) {
            fill(vector + received * 64L, messages.poll());
            received++;
        }
        return received == 0 ? fail(Errno.EAGAIN) : received;
    }

    private static void fill(long message, Message from) {
        long iov = Memory.getLongLittleEndian(message + 16);
        Memory.copy(from.name, 0, Memory.getLongLittleEndian(message), from.name.length);
        Memory.putIntLittleEndian(message + 8, from.name.length);
        Memory.copy(from.payload, 0, Memory.getLongLittleEndian(iov), from.payload.length);
        Memory.copy(from.control, 0, Memory.getLongLittleEndian(message + 32), from.control.length);
        Memory.putLongLittleEndian(message + 40, from.control.length);
        Memory.putIntLittleEndian(message + 48, from.flags);
        Memory.putIntLittleEndian(message + 56, from.payload.length);
    }

    @Override
    public long sendmsg(int fd, long message, int flags) {
        calls++;
        return sendOne(fd, message);
    }

    private int sendOne(int fd, long message) {
        long iov = Memory.getLongLittleEndian(message + 16);
        int length = (int) Memory.getLongLittleEndian(iov + 8);
        byte[] payload = bytes(Memory.getLongLittleEndian(iov), length);
        byte[] control =
                bytes(
                        Memory.getLongLittleEndian(message + 32),
                        (int) Memory.getLongLittleEndian(message + 40));
        int refused = refusal.errno(payload, control);
        if (refused != 0) {
            return fail(refused);
        }
        written.add(payload);
        controls.add(control);
        senders.add(fd);
        return length;
    }

    @Override
    public int sendmmsg(int fd, long vector, int count, int flags) {
        calls++;
        int sent = 0;
        while (sent < count && sendOne(fd, vector + sent * 64L) >= 0) {
            sent++;
        }
        return sent == 0 ? -1 : sent;
    }

    @Override
    public int duplicate(int from, int to, int flags) {
        return to;
    }

    @Override
    public int eventfd(int initial, int flags) {
        return 107;
    }

    @Override
    public int timerCreate(int clock, int flags) {
        return 109;
    }

    @Override
    public int timerSet(int timer, int flags, long newValue) {
        return 0;
    }

    @Override
    public int epollCreate(int flags) {
        return 108;
    }

    @Override
    public int epollControl(int epoll, int operation, int fd, long event) {
        return fail(watchErrno);
    }

    @Override
    public int epollWait(int epoll, long events, int most, int timeoutMillis) {
        return 0;
    }

    @Override
    public int setpriority(int which, int who, int nice) {
        return 0;
    }

    @Override
    public int getpriority(int which, int who) {
        return 0;
    }

    @Override
    public int schedSetaffinity(int thread, long bytes, long mask) {
        return 0;
    }

    @Override
    public int schedGetaffinity(int thread, long bytes, long mask) {
        return 0;
    }

    @Override
    public int schedSetscheduler(int thread, int policy, long parameter) {
        return 0;
    }

    @Override
    public int spinInit(long lock) {
        return 0;
    }

    @Override
    public int spinLock(long lock) {
        return 0;
    }

    @Override
    public int spinTryLock(long lock) {
        return 0;
    }

    @Override
    public int spinUnlock(long lock) {
        return 0;
    }

    @Override
    public int mlockall(int flags) {
        return 0;
    }

    @Override
    public int madvise(long address, long bytes, int advice) {
        return 0;
    }

    @Override
    public int getpagesize() {
        return 4096;
    }

    @Override
    public int setns(int fd, int type) {
        return 0;
    }

    @Override
    public int unshare(int flags) {
        return 0;
    }

    @Override
    public int geteuid() {
        return 0;
    }
}
