package io.jnat.cli.steering;

import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.RouterConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Leads packets into the TUN devices of one instance, and takes it all back. In this order:
 *
 * <ol>
 *   <li>{@link #guard}, before sockets and TUN devices are opened: takes over what an unclean stop
 *       has left, and closes the ways that must be closed while there is no engine;
 *   <li>{@link #apply}, once the TUN devices and the tunnel's socket exist;
 *   <li>{@link #refresh}, now and then: follows changes of the host, and after {@link
 *       #guard(JnatConfig)} of the configuration;
 *   <li>{@link #undo}, at a clean stop; {@link #retreat}, when the start failed. After a crash
 *       nothing is undone: guards hold until the next start, or {@code jnat service cleanup}.
 * </ol>
 *
 * <p>Owner: one control thread.
 */
public final class Steering implements AutoCloseable {
    /** One for each of the steps above, and one from {@link #open} until {@link #apply}. */
    private final CommandRunner.Session shell;

    private final HostFactsReader reader;
    private final InstanceLock lock;
    private final SteeringJournal journal;
    private final Set<SteeringChange> made = new HashSet<>();
    private JnatConfig config;
    private SteeringPlan plan =
            new SteeringPlan(List.of(), List.of(), EnginePorts.none(), List.of(), List.of());
    private int tunnelPort;
    private boolean applied;
    private String rulesAfterwards = "";
    private String wanNumber = "";
    private List<SteeringChange> undoneByOthers = List.of();

    private Steering(
            JnatConfig config,
            CommandRunner.Session shell,
            HostFactsReader reader,
            InstanceLock lock,
            SteeringJournal journal) {
        this.config = config;
        this.shell = shell;
        this.reader = reader;
        this.lock = lock;
        this.journal = journal;
    }

    /**
     * Looks at the host; changes nothing.
     *
     * @param runner runs {@code ip}, {@code nft} and the like
     * @param stateFolder holds the journal, {@code NAME.steering}
     * @param spareFolder holds it while that is full; need not outlive the boot
     * @throws SteeringException when another process steers for this instance, or another instance
     *     on this host
     */
    public static Steering open(
            JnatConfig config, CommandRunner runner, Path stateFolder, Path spareFolder)
            throws IOException {
        String name = config.instance().name();
        InstanceLock lock = InstanceLock.take(stateFolder, spareFolder, name);
        CommandRunner.Session shell = runner.session();
        try {
            HostFactsReader reader =
                    new HostFactsReader(
                            shell, NftTable.nameFor(name), config.wan(), tunPrefix(config));
            reader.read();
            // Both would make the same rules, and the first to stop would take them from the other.
            String others = reader.devicesOfOthers();
            if (!others.isEmpty()) {
                throw new SteeringException(
                        "another jnat steers packets of this host into its device "
                                + others
                                + "; stop it, or run this one in a network namespace of its own");
            }
            // Its lock has another name or lies elsewhere, and what it made would be taken for left
            // over.
            String own = reader.deviceInUse();
            if (!own.isEmpty()) {
                throw new SteeringException(
                        "a running jnat has the device "
                                + own
                                + ", under another name or with another JNAT_STATE_DIR; stop it,"
                                + " or give this one another `tun`, or a network namespace of its"
                                + " own");
            }
            SteeringJournal journal =
                    SteeringJournal.open(
                            SteeringCleanup.journal(stateFolder, name),
                            SteeringCleanup.journal(spareFolder, name),
                            reader.place());
            return new Steering(config, shell, reader, lock, journal);
        } catch (IOException e) {
            shell.close();
            lock.close();
            throw e;
        }
    }

    /** What the names of an instance's TUN devices begin with. */
    private static String tunPrefix(JnatConfig config) {
        return config.instance().tun() + "-";
    }

    /** The TUN device on the internet's or carrier's side. */
    public static String wanDevice(JnatConfig config) {
        return tunPrefix(config) + "wan";
    }

    /** The TUN device on the LAN's side; a router has one. */
    public static String lanDevice(JnatConfig config) {
        return tunPrefix(config) + "lan";
    }

    /** Whether a router needs the TUN device on the WAN's side; a relay always does. */
    public static boolean needsWanDevice(JnatConfig config) {
        return switch (config) {
            case RelayConfig _ -> true;
            case RouterConfig router -> router.others() == RouterConfig.Others.WAN;
        };
    }

    /** At the start: later, one that is gone for a while is no reason not to follow the others. */
    private static void requireInterfaces(JnatConfig config, HostFacts facts)
            throws SteeringException {
        switch (config) {
            case RelayConfig relay -> facts.requireInterface(relay.wan(), "public");
            case RouterConfig router -> {
                facts.requireInterface(router.wan(), "wan");
                for (String lan : router.lan()) {
                    facts.requireInterface(lan, "lan");
                }
            }
        }
    }

    /** Closes what must be closed while there is no engine. Before sockets are opened. */
    public void guard() throws IOException {
        tunnelPort = config.instance().tunnel().listen();
        HostFacts facts = reader.facts(journal.changes());
        requireInterfaces(config, facts);
        plan = SteeringPlan.of(config, facts, tunnelPort);
        make(plan.guards());
    }

    /**
     * Takes over another configuration, as far as it closes something. Next the engine gets its
     * rules, and then {@link #refresh} does the rest: a device that is captured from now on is
     * steered into an engine that knows it, and until then goes nowhere.
     *
     * @throws IOException when the host refuses; the configuration is the former one then
     */
    public void guard(JnatConfig wanted) throws IOException {
        JnatConfig before = config;
        config = wanted;
        try {
            reader.read();
            plan = SteeringPlan.of(config, reader.facts(journal.changes()), tunnelPort);
            make(plan.guards());
        } catch (IOException failure) {
            config = before;
            throw failure;
        } finally {
            shell.close();
        }
    }

    /**
     * Opens the ways into the TUN devices, which must exist.
     *
     * @param port UDP port that the tunnel's socket has
     */
    public void apply(int port) throws IOException {
        tunnelPort = port;
        try {
            devicesUp();
            reader.read();
            applied = true;
            carryOut();
        } finally {
            shell.close();
        }
    }

    private void devicesUp() throws IOException {
        up(needsWanDevice(config), wanDevice(config));
        up(config instanceof RouterConfig, lanDevice(config));
    }

    private void up(boolean needed, String device) throws IOException {
        if (needed) {
            Command command = Command.of("ip", "link", "set", "dev", device, "up");
            CommandRunner.Result result = shell.run(command);
            if (result.exitCode() != 0) {
                throw refused("the TUN device must be there", command, result);
            }
        }
    }

    /**
     * Looks at the host again: new services and networks, addresses of captured devices, rules that
     * somebody removed.
     *
     * @return whether {@link #ports} are others than before
     */
    public boolean refresh() throws IOException {
        if (!applied) {
            return false;
        }
        EnginePorts before = plan.ports();
        try {
            reader.read();
            undoneByOthers =
                    made.stream()
                            .filter(change ->
                                    Sysctl.isLost(change, reader.settings(), tunPrefix(config)))
                            .toList();
            made.removeAll(undoneByOthers);
            // Restarting a firewall often begins with flushing everything that is in nftables. With
            // the public interface goes what was asked of it, also when it comes back by that name.
            if (!reader.rules().equals(rulesAfterwards)
                    || !reader.hasTable()
                    || !reader.numberOf(config.wan()).equals(wanNumber)) {
                made.clear();
                devicesUp(); // a device that was down for a moment has lost its routes
            }
            carryOut();
        } finally {
            shell.close();
        }
        return !before.equals(plan.ports());
    }

    /** Makes what the plan wants and is not there, then takes back what it no longer wants. */
    private void carryOut() throws IOException {
        plan = SteeringPlan.of(config, reader.facts(journal.changes()), tunnelPort);
        wanNumber = reader.numberOf(config.wan());
        List<SteeringChange> wanted = new ArrayList<>(plan.guards());
        wanted.addAll(plan.steering());
        boolean changed = make(wanted);
        List<SteeringChange> obsolete =
                journal.changes().stream()
                        .filter(old -> wanted.stream().noneMatch(change -> change.replaces(old)))
                        .toList();
        if (!obsolete.isEmpty()) {
            journal.forget(SteeringCleanup.undo(shell, obsolete).undone());
            made.removeAll(obsolete);
            changed = true;
        }
        if (changed) {
            reader.readRules();
            rulesAfterwards = reader.rules();
        }
    }

    /** Writes changes down and makes those that this process has not made already. */
    private boolean make(List<SteeringChange> wanted) throws IOException {
        boolean changed = false;
        for (SteeringChange change : journal.announce(wanted)) {
            if (made.contains(change)) {
                continue;
            }
            CommandRunner.Result result = shell.run(change.apply());
            if (result.exitCode() != 0 && !isSoAlready(change.apply(), result)) {
                throw refused(change.purpose(), change.apply(), result);
            }
            made.removeIf(change::replaces); // what it took the place of is there no more
            made.add(change);
            changed = true;
        }
        return changed;
    }

    private static boolean isSoAlready(Command command, CommandRunner.Result result) {
        return result.output().contains("File exists")
                || (command.arguments().contains("del")
                        && result.output().contains("No such file or directory"));
    }

    private static SteeringException refused(
            String purpose, Command command, CommandRunner.Result result) {
        String said = result.output();
        String remedy =
                said.contains("not permitted") || said.contains("Permission denied")
                        ? "; run jnat as root"
                        : "";
        return new SteeringException(command + " failed (for: " + purpose + "): " + said + remedy);
    }

    /**
     * Takes everything back, last change first. Twice does no harm.
     *
     * @throws SteeringException when something could not be taken back; it stays in the journal
     */
    public void undo() throws IOException {
        applied = false;
        made.clear();
        List<SteeringChange> all = journal.changes();
        SteeringCleanup.Outcome outcome = SteeringCleanup.undo(shell, all);
        journal.forget(outcome.undone());
        SteeringCleanup.requireAll(all, outcome);
    }

    /**
     * Takes back what leads packets to an engine that did not start; a router's guards stay.
     *
     * @return whether guards stay
     */
    public boolean retreat() throws IOException {
        if (config instanceof RelayConfig) {
            undo();
            return false;
        }
        applied = false;
        made.clear();
        List<SteeringChange> guards = plan.guards();
        if (!guards.isEmpty()) {
            List<SteeringChange> open =
                    journal.changes().stream()
                            .filter(change -> guards.stream().noneMatch(change::replaces))
                            .toList();
            journal.forget(SteeringCleanup.undo(shell, open).undone());
        }
        return !journal.changes().isEmpty();
    }

    /**
     * Whether single connections of the host have rules of their own, since this kernel's nftables
     * can't match sockets: they come and go unannounced. After {@link #guard}.
     */
    public boolean followsConnections() {
        return !reader.matchesSockets();
    }

    /** Settings that the last {@link #refresh} found changed by somebody, and made again. */
    public List<String> undoneByOthers() {
        return undoneByOthers.stream()
                .map(change ->
                        Sysctl.file(change)
                                + ": somebody else has changed it; jnat has set it again ("
                                + change.purpose()
                                + ")")
                .toList();
    }

    /** Which ports of the WAN's address are the engine's. After {@link #guard}. */
    public EnginePorts ports() {
        return plan.ports();
    }

    /** What will not work, and what to do. */
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>(problems());
        warnings.addAll(plan.warnings());
        if (!journal.warning().isEmpty()) {
            warnings.add(journal.warning());
        }
        return warnings;
    }

    /** Those {@link #warnings} that are about packets which do not pass. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>(plan.problems());
        for (String device : reader.ledElsewhere()) {
            problems.add(
                    "this host leads what jnat sends to the internet by "
                            + config.wan()
                            + " to "
                            + device
                            + ", with the address of "
                            + config.wan()
                            + ", and it is not answered: there is no default route by "
                            + config.wan()
                            + " in table main, or a rule stands before jnat's (ip rule); keep a VPN"
                            + " client from redirecting all traffic (OpenVPN: redirect-gateway def1;"
                            + " wg-quick: Table = off)");
        }
        return problems;
    }

    /** The WAN interface's addresses, IPv4 and IPv6, as the last look at the host found them. */
    public List<InetAddress> wanAddresses() throws IOException {
        return reader.facts(journal.changes()).addresses().stream()
                .filter(address -> address.device().equals(config.wan()))
                .map(address -> address.address().address())
                .toList();
    }

    /** Lets another process steer for this instance; undoes nothing. */
    @Override
    public void close() throws IOException {
        shell.close();
        lock.close();
    }
}
