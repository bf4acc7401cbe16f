package io.jnat.tun;

import io.jnat.core.engine.PacketTransmitter;
import io.jnat.core.engine.Receiver;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * A TUN device: the kernel routes packets into it, which {@link #receive} reads, and takes packets
 * from it as if they had come in by a network card.
 *
 * <p>Control methods may be called by any thread. They follow the device when it is renamed or
 * moved to another network namespace.
 */
public interface TunDevice extends Receiver, AutoCloseable {
    /** The name that it has, as far as the control methods have noticed a change. */
    String name();

    /** Index of the interface. */
    int interfaceIndex();

    /** The MTU that it has now, in bytes. */
    int mtu() throws IOException;

    /** Brings it up. */
    void up() throws IOException;

    /** Whether it is up now. */
    boolean isUp() throws IOException;

    /** Whether the device was removed under us; nothing will come from it any more. */
    boolean isGone();

    /** How it is now, wherever it was moved to. Cheap enough to be asked several times a second. */
    default TunState state() throws IOException {
        return new TunState(isGone(), isUp(), mtu(), name());
    }

    /** Waits until {@link #state} may have changed, or the time is over. One thread at a time. */
    default void awaitChange(long nanos) throws InterruptedException {
        Thread.sleep(Duration.ofNanos(nanos));
    }

    /**
     * What one engine thread writes with. Each thread takes its own; several may write at the same
     * time.
     */
    PacketTransmitter newTransmitter();

    /** What the kernel does for us, as of now. */
    List<Offload> offloads();

    /** Closes it; the device goes away unless it is persistent. After the engine has stopped. */
    @Override
    void close();
}
