package io.jnat.tun.linux;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.nio.ByteOrder;

/**
 * Linux itself, through JNA's direct mapping: {@code int} and {@code long} only, so that a call
 * allocates nothing. 64-bit little-endian machines (amd64, aarch64); constants and layouts in this
 * package hold for both.
 */
final class NativeKernel implements Kernel {
    static final Kernel INSTANCE = new NativeKernel();

    private NativeKernel() {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN || Native.POINTER_SIZE != 8) {
            throw new IllegalStateException(
                    "jnat's devices need 64-bit little-endian Linux (amd64 or aarch64), found "
                            + System.getProperty("os.arch"));
        }
    }

    /** The C library's functions, by their own names. */
    private static final class C {
        static {
            Native.register(C.class, NativeLibrary.getProcess());
        }

        static native int open(long path, int flags);

        static native int close(int fd);

        static native int ioctl(int fd, long request, long argument);

        static native long read(int fd, long buffer, long bytes);

        static native long write(int fd, long buffer, long bytes);

        static native int socket(int family, int type, int protocol);

        static native int bind(int fd, long address, int length);

        static native int getsockname(int fd, long address, long lengthAddress);

        static native int getsockopt(int fd, int level, int option, long value, long lengthAddress);

        static native int setsockopt(int fd, int level, int option, long value, int length);

        static native int recvmmsg(int fd, long messages, int count, int flags, long timeout);

        static native long sendmsg(int fd, long message, int flags);

        static native int sendmmsg(int fd, long messages, int count, int flags);

        static native int dup3(int from, int to, int flags);

        static native int eventfd(int initial, int flags);

        static native int timerfd_create(int clock, int flags);

        static native int timerfd_settime(int timer, int flags, long newValue, long oldValue);

        static native int epoll_create1(int flags);

        static native int epoll_ctl(int epoll, int operation, int fd, long event);

        static native int epoll_wait(int epoll, long events, int most, int timeoutMillis);

        static native int setpriority(int which, int who, int nice);

        static native int getpriority(int which, int who);

        static native int sched_setaffinity(int thread, long bytes, long mask);

        static native int sched_getaffinity(int thread, long bytes, long mask);

        static native int sched_setscheduler(int thread, int policy, long parameter);

        static native int pthread_spin_init(long lock, int shared);

        static native int pthread_spin_lock(long lock);

        static native int pthread_spin_trylock(long lock);

        static native int pthread_spin_unlock(long lock);

        static native int mlockall(int flags);

        static native int madvise(long address, long bytes, int advice);

        static native int getpagesize();

        static native int setns(int fd, int type);

        static native int unshare(int flags);

        static native int geteuid();
    }

    @Override
    public int errno() {
        return Native.getLastError();
    }

    @Override
    public int open(long path, int flags) {
        return C.open(path, flags);
    }

    @Override
    public int close(int fd) {
        return C.close(fd);
    }

    @Override
    public int ioctl(int fd, long request, long argument) {
        return C.ioctl(fd, request, argument);
    }

    @Override
    public long read(int fd, long buffer, long bytes) {
        return C.read(fd, buffer, bytes);
    }

    @Override
    public long write(int fd, long buffer, long bytes) {
        return C.write(fd, buffer, bytes);
    }

    @Override
    public int socket(int family, int type, int protocol) {
        return C.socket(family, type, protocol);
    }

    @Override
    public int bind(int fd, long address, int length) {
        return C.bind(fd, address, length);
    }

    @Override
    public int getsockname(int fd, long address, long lengthAddress) {
        return C.getsockname(fd, address, lengthAddress);
    }

    @Override
    public int getsockopt(int fd, int level, int option, long value, long lengthAddress) {
        return C.getsockopt(fd, level, option, value, lengthAddress);
    }

    @Override
    public int setsockopt(int fd, int level, int option, long value, int length) {
        return C.setsockopt(fd, level, option, value, length);
    }

    @Override
    public int recvmmsg(int fd, long messages, int count, int flags) {
        return C.recvmmsg(fd, messages, count, flags, 0L);
    }

    @Override
    public long sendmsg(int fd, long message, int flags) {
        return C.sendmsg(fd, message, flags);
    }

    @Override
    public int sendmmsg(int fd, long messages, int count, int flags) {
        return C.sendmmsg(fd, messages, count, flags);
    }

    @Override
    public int duplicate(int from, int to, int flags) {
        return C.dup3(from, to, flags);
    }

    @Override
    public int eventfd(int initial, int flags) {
        return C.eventfd(initial, flags);
    }

    @Override
    public int timerCreate(int clock, int flags) {
        return C.timerfd_create(clock, flags);
    }

    @Override
    public int timerSet(int timer, int flags, long newValue) {
        return C.timerfd_settime(timer, flags, newValue, 0);
    }

    @Override
    public int epollCreate(int flags) {
        return C.epoll_create1(flags);
    }

    @Override
    public int epollControl(int epoll, int operation, int fd, long event) {
        return C.epoll_ctl(epoll, operation, fd, event);
    }

    @Override
    public int epollWait(int epoll, long events, int most, int timeoutMillis) {
        return C.epoll_wait(epoll, events, most, timeoutMillis);
    }

    @Override
    public int setpriority(int which, int who, int nice) {
        return C.setpriority(which, who, nice);
    }

    @Override
    public int getpriority(int which, int who) {
        return C.getpriority(which, who);
    }

    @Override
    public int schedSetaffinity(int thread, long bytes, long mask) {
        return C.sched_setaffinity(thread, bytes, mask);
    }

    @Override
    public int schedGetaffinity(int thread, long bytes, long mask) {
        return C.sched_getaffinity(thread, bytes, mask);
    }

    @Override
    public int schedSetscheduler(int thread, int policy, long parameter) {
        return C.sched_setscheduler(thread, policy, parameter);
    }

    @Override
    public int spinInit(long lock) {
        return C.pthread_spin_init(lock, 0);
    }

    @Override
    public int spinLock(long lock) {
        return C.pthread_spin_lock(lock);
    }

    @Override
    public int spinTryLock(long lock) {
        return C.pthread_spin_trylock(lock);
    }

    @Override
    public int spinUnlock(long lock) {
        return C.pthread_spin_unlock(lock);
    }

    @Override
    public int mlockall(int flags) {
        return C.mlockall(flags);
    }

    @Override
    public int madvise(long address, long bytes, int advice) {
        return C.madvise(address, bytes, advice);
    }

    @Override
    public int getpagesize() {
        return C.getpagesize();
    }

    @Override
    public int setns(int fd, int type) {
        return C.setns(fd, type);
    }

    @Override
    public int unshare(int flags) {
        return C.unshare(flags);
    }

    @Override
    public int geteuid() {
        return C.geteuid();
    }
}
