package io.jnat.cli.lab;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The laboratory: network namespaces joined by virtual cables, with nothing of jnat in them yet.
 *
 * <pre>
 *  client 198.51.100.2 ─┐                               ┌─ radio 192.168.20.31
 *                       ├─ internet ─ cgn ══ site ─ lan ┼─ flex  192.168.20.40
 *     vps 198.51.100.1 ─┘  203.0.113.2 │ 100.64.0.1     └─ host  192.168.20.50, 10.20.30.50
 *                                      └ a second, real translation: nft masquerade, random ports
 * </pre>
 *
 * The site's router is 100.64.0.2 on its WAN ({@code eth0}) and 192.168.20.1 on its LAN ({@code
 * eth1}). IPv6 runs on the whole way without translation, as a site's provider would give it. All
 * names carry this process's id; nothing outside the namespaces is touched.
 */
public final class NetworkLab implements AutoCloseable {

    /** The internet client. */
    public static final String CLIENT = "198.51.100.2";

    /** The VPS: the relay's public address. */
    public static final String VPS = "198.51.100.1";

    /** The internet's router, as the client sees it. */
    public static final String INTERNET = "198.51.100.254";

    /** The carrier's public address, shared by all its customers. */
    public static final String CGN = "203.0.113.2";

    /** The site router's own address on its WAN: the carrier's, not the internet's. */
    public static final String SITE_WAN = "100.64.0.2";

    /** The site router's address on its LAN. */
    public static final String SITE_LAN = "192.168.20.1";

    /** The captured radio. */
    public static final String RADIO = "192.168.20.31";

    /** The second captured device. */
    public static final String FLEX = "192.168.20.40";

    /** A device that is not captured. */
    public static final String HOST = "192.168.20.50";

    /** The same host in a second local network, reached through the site's router. */
    public static final String HOST_OFFICE = "10.20.30.50";

    /** The internet client's IPv6 address. */
    public static final String CLIENT6 = "2001:db8:51::2";

    /** The captured radio's IPv6 address. */
    public static final String RADIO6 = "2001:db8:20::31";

    /** Where the relay's tunnel listens. */
    public static final int TUNNEL_PORT = 51820;

    private static final List<String> NAMES =
            List.of("client", "internet", "vps", "cgn", "site", "lan", "radio", "flex", "host");

    private final String prefix;
    private final Path directory;
    private final boolean ipv6;
    private final List<Namespace> namespaces = new ArrayList<>();
    private final List<TunnelEnd> ends = new ArrayList<>();
    private final Thread cleanUpAtExit;
    private volatile boolean closed;

    private NetworkLab(String prefix, Path directory, boolean ipv6) {
        this.prefix = prefix;
        this.directory = directory;
        this.ipv6 = ipv6;
        this.cleanUpAtExit = Thread.ofPlatform().unstarted(this::cleanUp);
    }

    /**
     * Builds the laboratory, after removing what dead processes left of theirs.
     *
     * @throws IOException naming the command that failed; nothing is left behind
     */
    public static NetworkLab open() throws IOException {
        return open(Files.exists(Path.of("/proc/sys/net/ipv6")));
    }

    /**
     * The same on a kernel that has IPv6 or has none, as after a start with {@code ipv6.disable=1}.
     */
    static NetworkLab open(boolean ipv6) throws IOException {
        LabLeftovers.removeAll();
        String prefix = LabLeftovers.namespacePrefix(ProcessHandle.current().pid());
        NetworkLab lab = new NetworkLab(prefix, makeDirectory(), ipv6);
        Runtime.getRuntime().addShutdownHook(lab.cleanUpAtExit);
        try {
            lab.build();
            return lab;
        } catch (IOException | RuntimeException e) {
            boolean interrupted = lab.closed;
            lab.close();
            if (interrupted) {
                throw new InterruptedIOException("interrupted");
            }
            throw e;
        }
    }

    private static Path makeDirectory() throws IOException {
        try {
            return Files.createTempDirectory(LabLeftovers.folderPrefix());
        } catch (IOException full) {
            throw noRoom(Path.of(System.getProperty("java.io.tmpdir")), full);
        }
    }

    /** What a laboratory says that can't write its files. */
    static IOException noRoom(Path directory, IOException why) {
        return new IOException(
                directory
                        + ": cannot be written: "
                        + why.getMessage()
                        + "; name another folder with"
                        + " JNAT_JAVA_OPTS=-Djava.io.tmpdir=FOLDER",
                why);
    }

    /** The namespace that the drawing above calls by this name. */
    public Namespace namespace(String name) {
        for (Namespace namespace : namespaces) {
            if (namespace.name().equals(prefix + name)) {
                return namespace;
            }
        }
        throw new IllegalArgumentException(name + ": not one of " + NAMES);
    }

    /** One more namespace, without any cable; removed with the laboratory. */
    public synchronized Namespace addNamespace(String name) throws IOException {
        Shell.run("ip", "netns", "add", prefix + name);
        Namespace namespace = Namespace.enter(prefix + name);
        namespaces.add(namespace);
        namespace.ip("link set lo up\n");
        return namespace;
    }

    /** One more cable between two namespaces; both its ends are down. */
    public void connect(String oneEnd, String oneName, String otherEnd, String otherName)
            throws IOException {
        Shell.run(List.of("ip", "-batch", "-"), cable(oneEnd, oneName, otherEnd, otherName));
    }

    /** Where configuration, keys, logs and sockets of this laboratory lie. */
    public Path directory() {
        return directory;
    }

    /** An address and port, without any look-up of names. */
    public static InetSocketAddress at(String address, int port) {
        return new InetSocketAddress(address, port);
    }

    /** Has the end killed when the laboratory is closed. */
    public synchronized <T extends TunnelEnd> T add(T end) {
        ends.add(end);
        return end;
    }

    /** Makes the carrier's router forget all its translations, as after its restart. */
    public void forgetTranslations() throws IOException {
        namespace("cgn").run("conntrack", "-F");
    }

    private void build() throws IOException {
        Shell.run(List.of("ip", "-batch", "-"), each("netns add %s\n"));
        for (String name : NAMES) {
            Namespace namespace = Namespace.enter(prefix + name);
            namespaces.add(namespace);
            namespace.ip("link set lo up\n");
            if (ipv6) {
                // Before the cables, which inherit it: an address is good at once.
                namespace.sysctl("ipv6/conf/all/accept_dad", "0");
                namespace.sysctl("ipv6/conf/default/accept_dad", "0");
            }
        }
        Shell.run(
                List.of("ip", "-batch", "-"),
                cable("client", "eth0", "internet", "client")
                        + cable("vps", "eth0", "internet", "vps")
                        + cable("cgn", "eth0", "internet", "cgn")
                        + cable("site", "eth0", "cgn", "eth1")
                        + cable("site", "eth1", "lan", "site")
                        + cable("radio", "eth0", "lan", "radio")
                        + cable("flex", "eth0", "lan", "flex")
                        + cable("host", "eth0", "lan", "host"));
        buildInternet();
        buildCarrier();
        buildSite();
        if (ipv6) {
            buildIpv6();
        }
    }

    private void buildInternet() throws IOException {
        Namespace internet = namespace("internet");
        internet.sysctl("ipv4/ip_forward", "1");
        internet.ip(
                """
                link add br0 type bridge mcast_snooping 0
                link set client master br0 up
                link set vps master br0 up
                link set br0 up
                link set cgn up
                addr add 198.51.100.254/24 dev br0
                addr add 203.0.113.254/24 dev cgn
                """);
        namespace("client").ip(endpoint("198.51.100.2/24", "198.51.100.254"));
        namespace("vps").ip(endpoint("198.51.100.1/24", "198.51.100.254"));
    }

    private void buildCarrier() throws IOException {
        Namespace cgn = namespace("cgn");
        cgn.sysctl("ipv4/ip_forward", "1");
        cgn.ip(endpoint("203.0.113.2/24", "203.0.113.254"));
        cgn.ip(
                """
                link set eth1 up
                addr add 100.64.0.1/10 dev eth1
                """);
        cgn.nft(
                """
                table ip carrier {
                  chain translate {
                    type nat hook postrouting priority srcnat
                    oifname "eth0" ip saddr 100.64.0.0/10 masquerade fully-random
                  }
                  chain inbound {
                    type filter hook input priority filter
                    iifname "eth0" ct state new drop
                  }
                  chain through {
                    type filter hook forward priority filter
                    iifname "eth0" ct state new drop
                  }
                }
                """);
    }

    private void buildSite() throws IOException {
        Namespace lan = namespace("lan");
        lan.ip(
                """
                link add br0 type bridge mcast_snooping 0
                link set site master br0 up
                link set radio master br0 up
                link set flex master br0 up
                link set host master br0 up
                link set br0 up
                """);
        Namespace site = namespace("site");
        site.sysctl("ipv4/conf/all/send_redirects", "0");
        site.sysctl("ipv4/conf/default/send_redirects", "0");
        site.ip(endpoint("100.64.0.2/10", "100.64.0.1"));
        site.ip(
                """
                link set eth1 up
                addr add 192.168.20.1/24 dev eth1
                route add 10.20.30.0/24 via 192.168.20.50
                """);
        namespace("radio").ip(endpoint(RADIO + "/24", SITE_LAN));
        namespace("flex").ip(endpoint(FLEX + "/24", SITE_LAN));
        namespace("host").ip(endpoint(HOST + "/24", SITE_LAN));
        namespace("host").ip("addr add 10.20.30.50/24 dev lo\n");
    }

    /** On the whole way without translation; also what a captured device could leak through. */
    private void buildIpv6() throws IOException {
        for (String router : List.of("internet", "cgn", "site")) {
            namespace(router).sysctl("ipv6/conf/all/forwarding", "1");
        }
        namespace("internet")
                .ip(
                        """
                        addr add 2001:db8:51::fe/64 dev br0 nodad
                        addr add 2001:db8:71::fe/64 dev cgn nodad
                        route add 2001:db8:20::/64 via 2001:db8:71::2
                        """);
        namespace("client").ip(endpoint(CLIENT6 + "/64", "2001:db8:51::fe"));
        namespace("cgn").ip(endpoint("2001:db8:71::2/64", "2001:db8:71::fe"));
        namespace("cgn")
                .ip(
                        """
                        addr add 2001:db8:64::1/64 dev eth1 nodad
                        route add 2001:db8:20::/64 via 2001:db8:64::2
                        """);
        namespace("site").ip(endpoint("2001:db8:64::2/64", "2001:db8:64::1"));
        namespace("site").ip("addr add 2001:db8:20::1/64 dev eth1 nodad\n");
        namespace("radio").ip(endpoint(RADIO6 + "/64", "2001:db8:20::1"));
    }

    private String each(String command) {
        StringBuilder commands = new StringBuilder();
        for (String name : NAMES) {
            commands.append(String.format(Locale.ROOT, command, prefix + name));
        }
        return commands.toString();
    }

    private String cable(String oneEnd, String oneName, String otherEnd, String otherName) {
        return "link add %s netns %s type veth peer name %s netns %s\n"
                .formatted(oneName, prefix + oneEnd, otherName, prefix + otherEnd);
    }

    private static String endpoint(String addressAndPrefix, String gateway) {
        String nodad = gateway.contains(":") ? " nodad" : "";
        return """
        link set eth0 up
        addr add %s dev eth0%s
        route add default via %s
        """
                .formatted(addressAndPrefix, nodad, gateway);
    }

    /** True from the moment in which it is being removed, be it by Ctrl-C. */
    public boolean isClosed() {
        return closed;
    }

    /** Removes everything; the second call does nothing. */
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(cleanUpAtExit);
        } catch (IllegalStateException e) {
            // The process is ending already, and the hook does or did the same.
        }
        cleanUp();
    }

    private synchronized void cleanUp() {
        if (closed) {
            return;
        }
        closed = true;
        for (TunnelEnd end : ends) {
            quietly(end::kill);
        }
        for (Namespace namespace : namespaces) {
            namespace.close();
        }
        quietly(() -> LabLeftovers.removeNamespaces(prefix));
        quietly(() -> LabLeftovers.removeDeadSockets(LabLeftovers.SOCKETS));
        quietly(() -> LabFiles.remove(directory));
    }

    private interface Action {
        void run() throws IOException;
    }

    private static void quietly(Action action) {
        try {
            action.run();
        } catch (IOException e) {
            // Cleaning up goes on; what stays behind is removed before the next laboratory opens.
        }
    }
}
