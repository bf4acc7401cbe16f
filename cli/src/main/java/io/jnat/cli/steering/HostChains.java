package io.jnat.cli.steering;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The chains of nftables and iptables on the host, in which others translate and judge what is
 * forwarded.
 *
 * @param chains what {@code nft list chains} says
 * @param iptables the tables of the old iptables
 * @param legacy the rules of its table filter
 * @param table jnat's own
 * @param tunPrefix what the names of the TUN devices begin with
 */
record HostChains(
        List<String> chains,
        List<String> iptables,
        List<String> legacy,
        String table,
        String tunPrefix) {
    private static final Pattern DROPS_ALL =
            Pattern.compile("(counter packets \\d+ bytes \\d+ )?(drop|reject( .*)?)");
    private static final Pattern LEGACY_DROP =
            Pattern.compile(
                    "(?m)^-P FORWARD DROP$|^-A FORWARD -j (DROP|REJECT\\b.*)$(?!\\n-A FORWARD )");
    private static final Pattern CHAIN_TYPE =
            Pattern.compile("type (\\w+) hook (\\w+) .*policy (\\w+);");

    /** Whether jnat's table is there. */
    boolean hasOurs() {
        return chains.stream().anyMatch(this::isOurs);
    }

    /** Whether anybody else translates. */
    boolean foreignNat() {
        return iptables.contains("nat") || foreignChain("type nat ");
    }

    /** Whether anybody else judges what is forwarded. */
    boolean foreignForward() {
        return iptables.contains("filter") || foreignChain(" hook forward ");
    }

    /** Whether somebody else has a chain whose hook is described so. */
    private boolean foreignChain(String hook) {
        String current = "";
        for (String line : chains) {
            if (line.startsWith("table ")) {
                current = line;
            } else if (line.contains(hook) && !isOurs(current)) {
                return true;
            }
        }
        return false;
    }

    private boolean isOurs(String tableLine) {
        return tableLine.equals("table inet " + table + " {");
    }

    /** Somebody else's that drop what they do not name, and not the TUN. */
    List<HostFacts.ClosedChain> closedForward(CommandRunner runner) throws IOException {
        List<HostFacts.ClosedChain> closed = new ArrayList<>();
        String current = "";
        String chain = "";
        for (String line : chains) {
            Matcher type = CHAIN_TYPE.matcher(line);
            if (line.startsWith("table ")) {
                current = line;
            } else if (line.startsWith("chain ")) {
                chain = line.split(" ", -1)[1];
            } else if (type.find() && type.group(2).equals("forward") && !isOurs(current)) {
                String[] words = current.split(" ", -1);
                List<String> list = List.of("nft", "-t", "list", "table", words[1], words[2]);
                String text = runner.run(Command.of(list)).output();
                boolean drops = type.group(3).equals("drop") || dropsAtItsEnd(text, chain);
                if (drops && !text.contains('"' + tunPrefix)) {
                    String name = words[1] + " " + words[2] + " " + chain;
                    closed.add(new HostFacts.ClosedChain(words[1], name, text));
                }
            }
        }
        String text = String.join("\n", legacy);
        if (LEGACY_DROP.matcher(text).find() && !text.contains(" " + tunPrefix)) {
            closed.add(new HostFacts.ClosedChain("legacy", "FORWARD", text));
        }
        return closed;
    }

    /** Whether the last rule of a chain is for all that is left, and drops it. */
    private static boolean dropsAtItsEnd(String table, String chain) {
        String last = "";
        boolean inside = false;
        for (String line : table.lines().map(String::strip).toList()) {
            if (line.startsWith("chain ")) {
                inside = line.equals("chain " + chain + " {");
            } else if (inside && line.equals("}")) {
                inside = false;
            } else if (inside) {
                last = line;
            }
        }
        return DROPS_ALL.matcher(last).matches();
    }
}
