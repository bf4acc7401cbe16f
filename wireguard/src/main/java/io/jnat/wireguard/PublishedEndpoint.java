package io.jnat.wireguard;

import io.jnat.core.packet.Endpoint;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * An endpoint that the engine changes and anybody may read whole: readers try again while the
 * version is odd or has changed meanwhile. Also keeps the last few places.
 *
 * <p>Writer: engine, in the section; allocates nothing.
 */
final class PublishedEndpoint {
    /** Places that are remembered. */
    static final int HISTORY = 8;

    private static final VarHandle VERSION;

    static {
        try {
            VERSION =
                    MethodHandles.lookup()
                            .findVarHandle(PublishedEndpoint.class, "version", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final Endpoint[] places = new Endpoint[HISTORY];
    private int moves;

    @SuppressWarnings("unused") // through VERSION
    private int version;

    PublishedEndpoint() {
        for (int at = 0; at < HISTORY; at++) {
            places[at] = new Endpoint();
        }
    }

    /** Publishes a place. */
    void publish(Endpoint place) {
        int before = version;
        VERSION.setOpaque(this, before + 1);
        VarHandle.storeStoreFence();
        places[moves & (HISTORY - 1)].copyFrom(place);
        moves++;
        VERSION.setRelease(this, before + 2);
    }

    /** The places, oldest first, newest last; at most {@link #HISTORY}. Any thread; allocates. */
    List<String> read() {
        while (true) {
            int before = (int) VERSION.getAcquire(this);
            if ((before & 1) == 0) {
                Endpoint[] copies = new Endpoint[Math.min(moves, HISTORY)];
                int first = moves - copies.length;
                for (int at = 0; at < copies.length; at++) {
                    copies[at] = new Endpoint();
                    copies[at].copyFrom(places[(first + at) & (HISTORY - 1)]);
                }
                VarHandle.loadLoadFence();
                if ((int) VERSION.getOpaque(this) == before) {
                    List<String> names = new ArrayList<>();
                    for (Endpoint copy : copies) {
                        names.add(copy.toString());
                    }
                    return names;
                }
            }
            Thread.onSpinWait();
        }
    }
}
