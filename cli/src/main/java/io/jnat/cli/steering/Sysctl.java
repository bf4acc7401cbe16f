package io.jnat.cli.steering;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Changes of kernel settings; a setting that somebody else has changed since is left alone. */
final class Sysctl {
    private static final String ROOT = "/proc/sys/net/";

    /** What is so already is not written: in a container settings can be read-only. */
    private static final String SET =
            "read -r first rest 2>/dev/null < \"$1\"; "
                    + "[ \"$first${rest:+ $rest}\" = \"$2\" ] || printf '%s\\n' \"$2\" > \"$1\"";

    /** Path, value that was set, value to put back; then pairs of path and value besides. */
    private static final String RESTORE =
            "[ -e \"$1\" ] || exit 0; [ \"$(tr '\\t' ' ' < \"$1\")\" = \"$2\" ] || exit 0; "
                    + "printf '%s\\n' \"$3\" > \"$1\"; shift 3; "
                    + "while [ $# -gt 1 ]; do [ ! -e \"$1\" ] || printf '%s\\n' \"$2\" > \"$1\"; shift 2; done";

    private static final int SCRIPT = 2;
    private static final int PATH = 4;
    private static final int NEW = 5;
    private static final int OLD = 6;

    private Sysctl() {}

    static String path(String name) {
        return ROOT + name;
    }

    static SteeringChange change(String purpose, String name, String oldValue, String newValue) {
        return change(purpose, name, oldValue, newValue, Map.of());
    }

    /**
     * A change that the kernel lets ripple to other settings.
     *
     * @param besides what the others were before, by name
     */
    static SteeringChange change(
            String purpose,
            String name,
            String oldValue,
            String newValue,
            Map<String, String> besides) {
        List<String> undo =
                new ArrayList<>(List.of("sh", "-c", RESTORE, "sh", path(name), newValue, oldValue));
        besides.keySet().stream()
                .sorted()
                .forEach(other -> undo.addAll(List.of(path(other), besides.get(other))));
        return new SteeringChange(
                purpose, Command.of("sh", "-c", SET, "sh", path(name), newValue), Command.of(undo));
    }

    /** The file of a setting's change. */
    static String file(SteeringChange change) {
        return change.apply().arguments().get(PATH);
    }

    /**
     * Whether it is the change of a setting without which the engine's packets do not pass, and
     * somebody has changed that setting since. All others are left as somebody wants them.
     *
     * @param settings as they are, by name
     * @param tunPrefix what the names of the TUN devices begin with
     */
    static boolean isLost(SteeringChange change, Map<String, String> settings, String tunPrefix) {
        List<String> apply = change.apply().arguments();
        if (apply.size() <= NEW || !apply.get(SCRIPT).equals(SET)) {
            return false;
        }
        String name = apply.get(PATH).substring(ROOT.length());
        boolean needed =
                name.equals("ipv4/ip_forward")
                        || name.equals("ipv4/conf/all/rp_filter")
                        || name.equals("ipv6/conf/all/forwarding")
                        || name.endsWith("/proxy_ndp")
                        || name.startsWith("ipv4/conf/" + tunPrefix)
                        || name.startsWith("ipv6/conf/" + tunPrefix);
        return needed && !settings.getOrDefault(name, apply.get(NEW)).equals(apply.get(NEW));
    }

    /** What settings were before the changes, by name. */
    static Map<String, String> originals(List<SteeringChange> changes) {
        Map<String, String> originals = new HashMap<>();
        for (SteeringChange change : changes) {
            List<String> undo = change.undo().arguments();
            if (undo.size() > OLD && undo.get(SCRIPT).equals(RESTORE)) {
                originals.put(undo.get(PATH).substring(ROOT.length()), undo.get(OLD));
                for (int at = OLD + 1; at + 1 < undo.size(); at += 2) {
                    originals.put(undo.get(at).substring(ROOT.length()), undo.get(at + 1));
                }
            }
        }
        return originals;
    }
}
