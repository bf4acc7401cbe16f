package io.jnat.cli.why;

import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.RouterConfig;
import io.jnat.cli.steering.Command;
import io.jnat.cli.steering.CommandRunner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether the kernel leads a packet that comes in from outside into jnat's TUN device. The kernel
 * itself is asked, so that what others have changed counts too.
 *
 * @param steered whether it does
 * @param answer in words
 */
record Steered(boolean steered, String answer) {

    static Steered ask(JnatConfig config, String cameIn, String tun, ByteBuffer packet) {
        List<String> words =
                new ArrayList<>(
                        List.of(
                                "ip",
                                PacketText.isIpv6(packet) ? "-6" : "-4",
                                "route",
                                "get",
                                PacketText.destination(packet),
                                "from",
                                PacketText.source(packet),
                                "iif",
                                cameIn,
                                "ipproto",
                                "" + PacketText.protocol(packet)));
        if (PacketText.destinationPort(packet) != 0) {
            words.addAll(
                    List.of(
                            "sport",
                            "" + PacketText.sourcePort(packet),
                            "dport",
                            "" + PacketText.destinationPort(packet)));
        }
        String said;
        try {
            said = CommandRunner.here().run(new Command(words, "")).output();
        } catch (IOException failure) {
            said = String.valueOf(failure.getMessage());
        }
        String first = said.lines().findFirst().orElse("");
        if (goesBy(first, tun)) {
            return new Steered(true, "the kernel leads it from " + cameIn + " into " + tun);
        }
        String why =
                PacketText.isIpv6(packet) && first.startsWith("local ")
                        ? "it is this host's own address"
                        : meaning(config, said, first, isFromLan6(config, cameIn, packet));
        return new Steered(false, "not led into " + tun + ": " + why);
    }

    private static boolean isFromLan6(JnatConfig config, String cameIn, ByteBuffer packet) {
        return PacketText.isIpv6(packet)
                && config instanceof RouterConfig router
                && router.lan().contains(cameIn);
    }

    private static String meaning(JnatConfig config, String said, String first, boolean fromLan6) {
        if (first.startsWith("local ")) {
            return "the kernel keeps it for this host itself (a socket of the host, SSH, the"
                    + " tunnel's own port, or a port outside of 1024 to 60999 that no forward of "
                    + config.instance().name()
                    + " names)";
        }
        if (first.contains(" dev ")) {
            boolean kept =
                    fromLan6
                            && config instanceof RouterConfig router
                            && router.lan().stream().noneMatch(lan -> goesBy(first, lan))
                            && router.captured().stream().anyMatch(each -> !each.ipv6Direct());
            return "the kernel sends it on its own way: "
                    + first.strip()
                    + (kept
                            ? "; but what a captured device sends from addresses that are not captured"
                                    + " is dropped there (its ipv6 = \"block\")"
                            : "");
        }
        return "the kernel refuses it: " + said.strip().replace("\n", "; ");
    }

    private static boolean goesBy(String route, String device) {
        return (route + " ").contains(" dev " + device + " ");
    }
}
