package io.jnat.wireguard;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.Security;
import java.util.List;
import java.util.function.Consumer;

/** Resolves names without holding up whoever asks. */
@FunctionalInterface
interface NameLookup {
    /** By the system's resolver, on a thread of its own; a peer asks at most every 30 s. */
    NameLookup BY_SYSTEM = bySystem();

    /** Looks a name up and passes on what was found, empty when nothing was. */
    void lookUp(String host, Consumer<List<InetAddress>> whenDone);

    private static NameLookup bySystem() {
        // The JDK would go on saying for 10 s that there is no such name, in another network too.
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
        return (host, whenDone) ->
                Thread.ofPlatform()
                        .daemon()
                        .name("wireguard-resolver")
                        .start(() -> whenDone.accept(resolve(host)));
    }

    private static List<InetAddress> resolve(String host) {
        try {
            return List.of(InetAddress.getAllByName(host));
        } catch (UnknownHostException unknown) {
            return List.of();
        }
    }
}
