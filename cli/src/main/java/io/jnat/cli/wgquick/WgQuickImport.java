package io.jnat.cli.wgquick;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.KeyFiles;
import io.jnat.cli.wgquick.WgQuickFile.Entry;
import io.jnat.cli.wgquick.WgQuickFile.Part;
import io.jnat.wireguard.WireGuardKey;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A configuration out of a {@code wg-quick} file. With one peer that has an endpoint it becomes a
 * router's; else a relay's, whose peers are the sites. What cannot be carried over is said.
 */
public final class WgQuickImport {
    private static final int LEAST_MTU = 1280;
    private static final int MOST_MTU = 9000;

    private final Path source;
    private final WgQuickFile file;
    private final Wishes wishes;
    private final List<String> lines = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final Map<String, String> keys = new LinkedHashMap<>();

    /**
     * What a wg-quick file does not say.
     *
     * @param wan interface to the internet
     * @param lan interface that devices are on; a relay has none
     */
    public record Wishes(String wan, String lan) {}

    /**
     * What comes of it.
     *
     * @param toml the configuration
     * @param keys what belongs into key files, by their names; base64
     * @param notes what was not carried over, or needs a look
     */
    public record Result(String toml, Map<String, String> keys, List<String> notes) {}

    private WgQuickImport(Path source, WgQuickFile file, Wishes wishes) {
        this.source = source;
        this.file = file;
        this.wishes = wishes;
    }

    /**
     * Reads a file.
     *
     * @throws IOException naming file and line, and what was expected
     */
    public static Result of(Path source, Wishes wishes) throws IOException {
        WgQuickImport made = new WgQuickImport(source, WgQuickFile.read(source), wishes);
        made.convert();
        return new Result(String.join("\n", made.lines) + "\n", made.keys, made.notes);
    }

    private void convert() throws IOException {
        Entry secret = file.device().last("privatekey");
        if (secret == null) {
            throw WgQuickFile.wrong(
                    source, file.device().line(), "[Interface] has no PrivateKey (expected one)");
        }
        keys.put("private.key", key(secret));
        boolean router =
                file.peers().size() == 1 && file.peers().getFirst().last("endpoint") != null;
        lines.add("# made by `jnat config import` from " + source.getFileName());
        if (router) {
            router(file.peers().getFirst());
        } else {
            relay();
        }
        left("fwmark", "jnat marks nothing; its steering is its own");
        left("dns", "names are the host's business: see resolv.conf");
        left("table", "jnat steers packets with rules of its own");
        left("preup", "put it into the unit: ExecStartPre=");
        left("postup", "put it into the unit: ExecStartPost=");
        left("predown", "put it into the unit: ExecStop=");
        left("postdown", "put it into the unit: ExecStopPost=");
        left("saveconfig", "jnat never writes to its configuration");
    }

    private void router(Part peer) throws IOException {
        Entry endpoint = peer.last("endpoint");
        put("role", "router");
        lines.add("lan = [\"" + wishes.lan() + "\"]");
        put("wan", wishes.wan());
        mtu();
        Cidr address = address();
        tunnel(address, 0, peer.last("persistentkeepalive"));
        lines.add("");
        lines.add("[relay]");
        put("endpoint", endpoint == null ? "" : endpoint.value());
        put("public-key", publicKey(peer));
        preshared(peer, "relay");
        notes.add("lan is \"" + wishes.lan() + "\": set it to the interface that devices are on");
        notes.add(
                "nothing is let in and nothing captured yet: add [[allow]] and [capture] for your"
                        + " devices");
        for (Entry allowed : peer.all("allowedips")) {
            if (!allowed.value().equals("0.0.0.0/0") && !allowed.value().equals("::/0")) {
                notes.add(
                        at(allowed)
                                + "AllowedIPs "
                                + allowed.value()
                                + ": what goes to the relay is what [capture] names");
            }
        }
    }

    private void relay() throws IOException {
        put("role", "relay");
        put("public", wishes.wan());
        mtu();
        Cidr address = address();
        Cidr network = widened(address);
        Cidr own = new Cidr(address.address(), network.bits());
        if (network.bits() != address.bits()) {
            notes.add("tunnel.address is now " + own + ", so that the sites lie inside of it");
        }
        Entry port = file.device().last("listenport");
        int listen = port == null ? 51820 : number(port, 1, 65_535);
        tunnel(own, listen, null);
        int number = 0;
        Set<String> names = new LinkedHashSet<>();
        for (Part peer : file.peers()) {
            site(peer, network, ++number, names);
        }
        notes.add("nothing is forwarded yet: add [[forward]] for the sites' devices");
    }

    private void site(Part peer, Cidr network, int number, Set<String> names) throws IOException {
        Cidr inside = null;
        List<String> networks = new ArrayList<>();
        for (Entry allowed : peer.all("allowedips")) {
            Cidr cidr = cidr(allowed).network();
            boolean host = cidr.bits() == 8 * cidr.address().getAddress().length;
            if (inside == null && host && network.contains(cidr.address())) {
                inside = cidr;
            } else if (cidr.bits() == 0) {
                notes.add(at(allowed) + "AllowedIPs " + cidr + ": a site is not the internet");
            } else {
                networks.add("\"" + cidr + "\"");
            }
        }
        String name = siteName(peer.name(), number, names);
        if (inside == null) {
            notes.add(
                    source
                            + ":"
                            + peer.line()
                            + ": peer "
                            + name
                            + " is left out: none of its AllowedIPs is one address in "
                            + network);
            return;
        }
        lines.add("");
        lines.add("[[site]]");
        put("name", name);
        put("public-key", publicKey(peer));
        preshared(peer, name);
        put("address", inside.address().getHostAddress());
        if (!networks.isEmpty()) {
            lines.add("networks = [" + String.join(", ", networks) + "]");
        }
        Entry endpoint = peer.last("endpoint");
        if (endpoint != null) {
            notes.add(at(endpoint) + "Endpoint: a relay waits for its sites to call");
        }
        Entry keepalive = peer.last("persistentkeepalive");
        if (keepalive != null) {
            notes.add(at(keepalive) + "PersistentKeepalive belongs into the site's own file");
        }
    }

    private static String siteName(@Nullable String said, int number, Set<String> names) {
        String name = said == null ? "" : said.replaceAll("[^A-Za-z0-9_.-]+", "-");
        name = name.replaceAll("^[^A-Za-z0-9]+", "").replaceAll("-+$", "");
        name = name.length() > 60 ? name.substring(0, 60) : name;
        for (int at = number; name.isEmpty() || !names.add(name); at++) {
            name = "site" + at;
        }
        return name;
    }

    private void mtu() throws IOException {
        Entry mtu = file.device().last("mtu");
        if (mtu != null) {
            int bytes = number(mtu, 576, 65_535);
            if (bytes >= LEAST_MTU && bytes <= MOST_MTU) {
                lines.add("mtu = " + bytes);
            } else {
                notes.add(at(mtu) + "MTU " + bytes + ": not from 1280 to 9000; the default holds");
            }
        }
    }

    private void tunnel(Cidr address, int listen, @Nullable Entry keepalive) throws IOException {
        lines.add("");
        lines.add("[tunnel]");
        Entry port = file.device().last("listenport");
        int chosen = port == null ? listen : number(port, 0, 65_535);
        if (chosen != 0) {
            lines.add("listen = " + chosen);
        }
        put("address", address.toString());
        put("private-key-file", "private.key");
        if (keepalive != null && !keepalive.value().equals("off")) {
            put("keepalive", number(keepalive, 0, 65_535) + "s");
        }
    }

    /** The first IPv4 address; the others are told of. */
    private Cidr address() throws IOException {
        Cidr found = null;
        for (Entry entry : file.device().all("address")) {
            Cidr cidr = cidr(entry);
            if (found == null && !cidr.v6()) {
                found = cidr;
            } else {
                notes.add(at(entry) + "Address " + cidr + ": one IPv4 address is carried over");
            }
        }
        if (found == null) {
            throw WgQuickFile.wrong(
                    source, file.device().line(), "[Interface] has no IPv4 Address (expected one)");
        }
        return found;
    }

    /** The network of the tunnel; where the file names one address only, the /24 around it. */
    private static Cidr widened(Cidr address) {
        int bits = address.bits() > 30 ? 24 : address.bits();
        return new Cidr(address.address(), bits).network();
    }

    private String publicKey(Part peer) throws IOException {
        Entry entry = peer.last("publickey");
        if (entry == null) {
            throw WgQuickFile.wrong(source, peer.line(), "[Peer] has no PublicKey (expected one)");
        }
        return key(entry);
    }

    private void preshared(Part peer, String name) throws IOException {
        Entry entry = peer.last("presharedkey");
        if (entry != null) {
            String keyFile = name + ".psk";
            keys.put(keyFile, key(entry));
            put("preshared-key-file", keyFile);
        }
    }

    /** A key's text once it has been found to be one; errors do not show it. */
    private String key(Entry entry) throws IOException {
        return WireGuardKey.of(
                        KeyFiles.parse(
                                source + ":" + entry.line() + ": " + entry.key(), entry.value()))
                .base64();
    }

    private Cidr cidr(Entry entry) throws IOException {
        try {
            return Cidr.of(entry.value());
        } catch (IllegalArgumentException wrong) {
            throw WgQuickFile.wrong(source, entry.line(), String.valueOf(wrong.getMessage()));
        }
    }

    private int number(Entry entry, int least, int most) throws IOException {
        if (entry.value().matches("\\d{1,5}")) {
            int value = Integer.parseInt(entry.value());
            if (value >= least && value <= most) {
                return value;
            }
        }
        throw WgQuickFile.wrong(
                source,
                entry.line(),
                entry.key() + " " + entry.value() + " (expected " + least + " to " + most + ")");
    }

    private void left(String key, String why) {
        for (Entry entry : file.device().entries()) {
            if (entry.key().equals(key)) {
                notes.add(at(entry) + key + " was not carried over: " + why);
            }
        }
    }

    private String at(Entry entry) {
        return source + ":" + entry.line() + ": ";
    }

    private void put(String key, String value) {
        lines.add(key + " = \"" + value.replace("\\", "\\\\").replace("\"", "\\\"") + "\"");
    }
}
