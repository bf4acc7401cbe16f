package io.jnat.tun.linux;

/**
 * The system calls that this package makes. An interface, so that tests can put faults between us
 * and Linux; in production there is one implementation, {@link NativeKernel}.
 *
 * <p>Every call returns what Linux returns: a negative value for failure, the reason then in {@link
 * #errno}, which belongs to the calling thread. Addresses point into a {@code Slab}. Nothing here
 * allocates. Any thread.
 */
interface Kernel {
    /** The reason of this thread's last failed call. */
    int errno();

    /** {@code path} is the address of a zero-terminated string. */
    int open(long path, int flags);

    int close(int fd);

    int ioctl(int fd, long request, long argument);

    long read(int fd, long buffer, long bytes);

    long write(int fd, long buffer, long bytes);

    int socket(int family, int type, int protocol);

    int bind(int fd, long address, int length);

    int getsockname(int fd, long address, long lengthAddress);

    int getsockopt(int fd, int level, int option, long value, long lengthAddress);

    int setsockopt(int fd, int level, int option, long value, int length);

    int recvmmsg(int fd, long messages, int count, int flags);

    long sendmsg(int fd, long message, int flags);

    int sendmmsg(int fd, long messages, int count, int flags);

    /** {@code dup3}: makes {@code to} mean what {@code from} means, in one step. */
    int duplicate(int from, int to, int flags);

    int eventfd(int initial, int flags);

    /** timerfd_create(2). */
    int timerCreate(int clock, int flags);

    /** timerfd_settime(2), without the old value. */
    int timerSet(int timer, int flags, long newValue);

    int epollCreate(int flags);

    int epollControl(int epoll, int operation, int fd, long event);

    int epollWait(int epoll, long events, int most, int timeoutMillis);

    int setpriority(int which, int who, int nice);

    int getpriority(int which, int who);

    int schedSetaffinity(int thread, long bytes, long mask);

    int schedGetaffinity(int thread, long bytes, long mask);

    int schedSetscheduler(int thread, int policy, long parameter);

    /**
     * pthread_spin_init(3): open. A lock is an {@code int}, whose values differ by architecture.
     */
    int spinInit(long lock);

    /** pthread_spin_lock(3): spins until it is open, then holds it. */
    int spinLock(long lock);

    /** pthread_spin_trylock(3): holds it, or somebody does. */
    int spinTryLock(long lock);

    /** pthread_spin_unlock(3): open. */
    int spinUnlock(long lock);

    int mlockall(int flags);

    int madvise(long address, long bytes, int advice);

    int getpagesize();

    int setns(int fd, int type);

    int unshare(int flags);

    int geteuid();
}
