package io.jnat.cli.wiring;

import io.jnat.cli.config.ConfigDiff;
import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.toml.ConfigException;
import io.jnat.cli.config.toml.ConfigProblem;
import io.jnat.cli.config.toml.ConfigReader;
import io.jnat.cli.config.toml.LoadedConfig;
import io.jnat.cli.control.ReloadReport;
import io.jnat.cli.engine.Log;
import io.jnat.cli.steering.Steering;
import io.jnat.wireguard.DeviceCommand;
import io.jnat.wireguard.PeerConfig;
import io.jnat.wireguard.PeerStatus;
import io.jnat.wireguard.WireGuardDevice;
import io.jnat.wireguard.WireGuardKey;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Takes a changed configuration over while packets flow (N54). The file is read and checked as a
 * whole first; whatever is wrong with it, or can't be changed while running, leaves everything as
 * it is. Then, in the order that leaves no gap:
 *
 * <ol>
 *   <li>steering closes what the new configuration wants closed;
 *   <li>the tunnel gets its peers, and those that stay keep their sessions;
 *   <li>the engine gets its rules, and judges its flows anew, a few at a time;
 *   <li>steering leads packets in by the new rules, and takes back what is not wanted any more.
 * </ol>
 *
 * <p>Any thread; one at a time, and none while the instance follows a change of the host.
 */
final class Reload {
    private static final String OTHER_KEY = "~ tunnel.private-key-file: holds another key";

    private final Instance instance;
    private final Steering steering;

    Reload(Instance instance, Steering steering) {
        this.instance = instance;
        this.steering = steering;
    }

    /** What {@link #run} would do. */
    ReloadReport preview() {
        return look(false);
    }

    /** Reads the configuration again and makes it hold. */
    ReloadReport run() {
        ReloadReport report = look(true);
        Log log = instance.log();
        report.warnings().forEach(log::warning);
        report.errors().forEach(log::error);
        if (!report.errors().isEmpty()) {
            log.error(report.file() + ": not taken over, nothing was changed");
        } else if (report.changes().isEmpty()) {
            log.info(report.file() + ": read again, nothing has changed");
        } else {
            report.changes().forEach(change -> log.info("now " + change));
        }
        return report;
    }

    private ReloadReport look(boolean apply) {
        String file = instance.file().toString();
        synchronized (instance) {
            if (instance.isStopping()) {
                return new ReloadReport(
                        file, List.of(), List.of(), List.of("jnat is about to stop"));
            }
            LoadedConfig loaded;
            try {
                loaded = ConfigReader.load(instance.file());
            } catch (ConfigException wrong) {
                return new ReloadReport(file, List.of(), List.of(), lines(wrong.problems()));
            }
            ConfigDiff diff = ConfigDiff.between(instance.config(), loaded.config());
            List<String> changes = new ArrayList<>(diff.changes());
            List<String> needRestart = new ArrayList<>(diff.needRestart());
            List<String> errors = new ArrayList<>();
            List<String> warnings = new ArrayList<>(lines(loaded.warnings()));
            try {
                if (hasOtherKey(loaded.config())) {
                    changes.add(OTHER_KEY);
                    needRestart.add(OTHER_KEY);
                }
                for (String change : needRestart) {
                    errors.add(
                            file
                                    + ": "
                                    + change
                                    + " (can't be changed while jnat runs: restart it, or take that"
                                    + " change out)");
                }
                if (apply && errors.isEmpty()) {
                    warnings.addAll(apply(loaded.config()));
                }
            } catch (IOException refused) {
                errors.add(refused.getMessage());
            }
            return new ReloadReport(file, changes, warnings, errors);
        }
    }

    /** Whether the file of the private key, wherever it is, holds another than what runs. */
    private boolean hasOtherKey(JnatConfig wanted) throws IOException {
        WireGuardKey key = WireGuardKeys.read(wanted.instance().tunnel().privateKeyFile());
        return !key.publicKey().base64().equals(instance.publicKey());
    }

    /**
     * Makes a configuration hold.
     *
     * @return what is still to follow
     * @throws IOException when nothing was changed
     */
    private List<String> apply(JnatConfig wanted) throws IOException {
        RoleWiring role = Instance.roleOf(wanted);
        WireGuardDevice wireguard = instance.requireAssembly().wireguard();
        List<PeerConfig> peers = inTheirDomains(role.peers(), wireguard.status());
        steering.guard(wanted);
        instance.become(wanted, role);
        try {
            setPeers(wireguard, peers);
            instance.applyRules(steering);
            if (steering.refresh()) {
                instance.applyRules(steering);
            }
            return List.of();
        } catch (IOException | RuntimeException halfway) {
            // What refuses the new rules would refuse the former ones as well: forward, not back.
            instance.behind(true);
            return List.of(
                    "not all of it holds yet, and it is tried again in some seconds: "
                            + halfway.getMessage());
        }
    }

    /** Waits until the device has them: the rules name peers by their numbers. */
    private void setPeers(WireGuardDevice wireguard, List<PeerConfig> peers) throws IOException {
        wireguard.submit(new DeviceCommand.ReplacePeers(peers));
        CompletableFuture<Void> done = new CompletableFuture<>();
        instance.requireAssembly().engine().submit(nowNanos -> done.complete(null));
        Instance.await(done);
    }

    /** A peer that stays keeps its routing domain; a new one gets one that nobody has. */
    private static List<PeerConfig> inTheirDomains(
            List<PeerConfig> wanted, List<PeerStatus> present) {
        Map<WireGuardKey, Integer> domains = new HashMap<>();
        for (PeerStatus peer : present) {
            domains.put(peer.config().publicKey(), peer.config().domain());
        }
        Set<Integer> taken = new HashSet<>();
        for (PeerConfig peer : wanted) {
            taken.add(domains.getOrDefault(peer.publicKey(), -1));
        }
        List<PeerConfig> result = new ArrayList<>();
        int free = 0;
        for (PeerConfig peer : wanted) {
            Integer domain = domains.get(peer.publicKey());
            while (domain == null) {
                domain = taken.add(free) ? (Integer) free : null;
                free++;
            }
            result.add(
                    new PeerConfig(
                            peer.name(),
                            peer.publicKey(),
                            peer.presharedKey(),
                            peer.endpoint(),
                            peer.allowedIps(),
                            peer.persistentKeepaliveSeconds(),
                            domain));
        }
        return result;
    }

    private static List<String> lines(List<ConfigProblem> problems) {
        return problems.stream().map(ConfigProblem::toString).toList();
    }
}
