package io.jnat.wireguard.uapi;

import io.jnat.wireguard.AllowedIp;
import io.jnat.wireguard.DeviceCommand;
import io.jnat.wireguard.PeerConfig;
import io.jnat.wireguard.PeerEndpoint;
import io.jnat.wireguard.WireGuardKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The peers as clients of the protocol have configured them, in the order in which they came, and
 * what the device must be told when that changes. A prefix belongs to one peer at most; giving it
 * to another one takes it away (W23). Not thread-safe.
 */
public final class ConfiguredPeers {
    private static final int NAME_CHARACTERS = 8;

    private final Room room;
    private final Map<AllowedIp, Entry> owners = new HashMap<>();
    private Map<WireGuardKey, Entry> peers = new LinkedHashMap<>();

    private static final class Entry {
        private final WireGuardKey publicKey;
        private @Nullable WireGuardKey presharedKey;
        private int keepaliveSeconds;

        /** Never changed, only exchanged: others read it while the next change is being made. */
        private List<AllowedIp> prefixes = List.of();

        /** The prefixes as the change that is being made leaves them; null when it left them. */
        private @Nullable Set<AllowedIp> changing;

        /**
         * What another peer was given after this one had its turn in the change that is being made.
         */
        private final Set<AllowedIp> lost = new LinkedHashSet<>();

        /** Set by the change that is being made; null leaves the device's. */
        private @Nullable PeerEndpoint newEndpoint;

        Entry(WireGuardKey publicKey) {
            this.publicKey = publicKey;
        }

        Set<AllowedIp> changing() {
            Set<AllowedIp> present = changing;
            if (present == null) {
                present = new LinkedHashSet<>(prefixes);
                changing = present;
            }
            return present;
        }

        Collection<AllowedIp> present() {
            return changing == null ? prefixes : changing;
        }

        PeerConfig takeConfig() {
            PeerEndpoint endpoint = newEndpoint;
            newEndpoint = null;
            if (changing != null) {
                List<AllowedIp> changed = List.copyOf(changing);
                changing = null;
                prefixes = changed.equals(prefixes) ? prefixes : changed;
            }
            return config(endpoint, prefixes);
        }

        /** The prefixes of a config that was taken, with those that were lost. */
        PeerConfig takeConfigBeforeLoss(PeerConfig taken) {
            Set<AllowedIp> all = new LinkedHashSet<>(taken.allowedIps());
            all.addAll(lost);
            lost.clear();
            return config(taken.endpoint(), List.copyOf(all));
        }

        private PeerConfig config(@Nullable PeerEndpoint endpoint, List<AllowedIp> allowedIps) {
            return new PeerConfig(
                    publicKey.base64().substring(0, NAME_CHARACTERS) + "…",
                    publicKey,
                    presharedKey,
                    endpoint,
                    allowedIps,
                    keepaliveSeconds,
                    0);
        }
    }

    /** A peer as configured. */
    public record Configured(
            WireGuardKey publicKey,
            @Nullable WireGuardKey presharedKey,
            int persistentKeepaliveSeconds,
            List<AllowedIp> allowedIps) {}

    /** No peers yet, and room for as many as the heap has. */
    public ConfiguredPeers() {
        this(new Room());
    }

    ConfiguredPeers(Room room) {
        this.room = room;
    }

    /** All peers as they are now, in order. */
    public List<Configured> peers() {
        List<Configured> all = new ArrayList<>(peers.size());
        for (Entry entry : peers.values()) {
            all.add(
                    new Configured(
                            entry.publicKey,
                            entry.presharedKey,
                            entry.keepaliveSeconds,
                            entry.prefixes));
        }
        return all;
    }

    /** Refuses what there is no room for, before {@link #apply}; changes nothing. */
    public void check(DeviceChange change) throws UapiException {
        Set<WireGuardKey> keys = new HashSet<>();
        Set<Entry> emptied = new HashSet<>();
        if (change.replacePeers()) {
            emptied.addAll(peers.values());
        } else {
            keys.addAll(peers.keySet());
        }
        for (PeerChange wanted : change.peers()) {
            Entry entry = peers.get(wanted.publicKey());
            if (wanted.remove()) {
                keys.remove(wanted.publicKey());
            } else if (!wanted.updateOnly()) {
                keys.add(wanted.publicKey());
            }
            if (entry != null && (wanted.remove() || wanted.replaceAllowedIps())) {
                emptied.add(entry);
            }
        }
        long prefixes = owners.size();
        for (Entry entry : emptied) {
            prefixes -= entry.prefixes.size();
        }
        for (PeerChange wanted : change.peers()) {
            for (AllowedIpChange allowed : wanted.allowedIps()) {
                Entry owner = owners.get(allowed.prefix());
                if (!allowed.remove() && (owner == null || emptied.contains(owner))) {
                    prefixes++;
                }
            }
        }
        room.check(keys.size(), prefixes);
    }

    /**
     * Takes over the peers' part of a change.
     *
     * @param own the device's own public key once the change is made; null for none. A peer that is
     *     the device itself is left out, as Linux does it
     * @return what makes the device agree, in order
     */
    public List<DeviceCommand> apply(DeviceChange change, @Nullable WireGuardKey own) {
        Set<WireGuardKey> removed = new LinkedHashSet<>();
        Set<Entry> touched = new LinkedHashSet<>();
        Set<WireGuardKey> before = Set.of();
        if (change.replacePeers()) {
            before = peers.keySet();
            peers = new LinkedHashMap<>();
            owners.clear();
        }
        if (own != null) {
            remove(own, removed);
        }
        for (PeerChange wanted : change.peers()) {
            if (wanted.remove()) {
                remove(wanted.publicKey(), removed);
            } else if (!wanted.publicKey().equals(own)) {
                change(wanted, touched);
            }
        }
        for (WireGuardKey key : before) {
            if (!peers.containsKey(key)) {
                removed.add(key);
            }
        }
        List<DeviceCommand> commands = new ArrayList<>();
        for (WireGuardKey key : removed) {
            commands.add(new DeviceCommand.RemovePeer(key));
        }
        List<PeerConfig> winners = new ArrayList<>();
        List<PeerConfig> losers = new ArrayList<>();
        for (Entry entry : touched) {
            if (peers.get(entry.publicKey) == entry) {
                PeerConfig config = entry.takeConfig();
                if (entry.lost.isEmpty()) {
                    winners.add(config);
                } else {
                    // It has them until the others' turn: so the device sees them move, and warns
                    // (W23).
                    set(entry.takeConfigBeforeLoss(config), commands);
                    losers.add(config);
                }
            }
        }
        winners.forEach(config -> set(config, commands));
        losers.forEach(config -> commands.add(new DeviceCommand.SetPeer(config)));
        return commands;
    }

    private static void set(PeerConfig config, List<DeviceCommand> commands) {
        commands.add(new DeviceCommand.SetPeer(config));
        PeerEndpoint endpoint = config.endpoint();
        if (endpoint != null) {
            commands.add(new DeviceCommand.MoveEndpoint(config.publicKey(), endpoint));
        }
    }

    private void remove(WireGuardKey key, Set<WireGuardKey> removed) {
        Entry gone = peers.remove(key);
        if (gone != null) {
            removed.add(key);
            gone.present().forEach(owners::remove);
        }
    }

    private void change(PeerChange wanted, Set<Entry> touched) {
        Entry entry = peers.get(wanted.publicKey());
        if (entry == null) {
            if (wanted.updateOnly()) {
                return;
            }
            entry = new Entry(wanted.publicKey());
            peers.put(entry.publicKey, entry);
        }
        touched.add(entry);
        WireGuardKey presharedKey = wanted.presharedKey();
        if (presharedKey != null) {
            entry.presharedKey = presharedKey.isZero() ? null : presharedKey;
        }
        if (wanted.endpoint() != null) {
            entry.newEndpoint = wanted.endpoint();
        }
        if (wanted.persistentKeepaliveSeconds() != null) {
            entry.keepaliveSeconds = wanted.persistentKeepaliveSeconds();
        }
        if (wanted.replaceAllowedIps()) {
            entry.present().forEach(owners::remove);
            entry.changing().clear();
        }
        for (AllowedIpChange allowed : wanted.allowedIps()) {
            change(entry, allowed, touched);
        }
    }

    private void change(Entry entry, AllowedIpChange allowed, Set<Entry> touched) {
        AllowedIp prefix = allowed.prefix();
        if (allowed.remove()) {
            if (entry.changing().remove(prefix)) {
                owners.remove(prefix);
            }
            return;
        }
        Entry loser = owners.put(prefix, entry);
        if (loser != null && loser != entry) {
            loser.changing().remove(prefix);
            if (!touched.add(loser)) {
                loser.lost.add(prefix);
            }
        }
        entry.changing().add(prefix);
    }
}
