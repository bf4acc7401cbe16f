package io.jnat.wireguard;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.function.Consumer;

/** Resolves names without holding up whoever asks. */
@FunctionalInterface
interface NameLookup {
    /** By the system's resolver, on a thread of its own; a peer asks at most every 30 s. */
    NameLookup BY_SYSTEM =
            (host, whenDone) ->
                    Thread.ofPlatform()
                            .daemon()
                            .name("wireguard-resolver")
                            .start(() -> whenDone.accept(resolve(host)));

    /** Looks a name up and passes on what was found, empty when nothing was. */
    void lookUp(String host, Consumer<List<InetAddress>> whenDone);

    private static List<InetAddress> resolve(String host) {
        try {
            return List.of(InetAddress.getAllByName(host));
        } catch (UnknownHostException unknown) {
            return List.of();
        }
    }
}
