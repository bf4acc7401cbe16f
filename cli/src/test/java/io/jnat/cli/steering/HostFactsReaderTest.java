package io.jnat.cli.steering;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is made of what programs say that few hosts have. */
final class HostFactsReaderTest {

    private static HostFactsReader reader(String said) throws IOException {
        HostFactsReader reader =
                new HostFactsReader(
                        command -> new CommandRunner.Result(0, said), "jnat", "eth0", "jnat-");
        reader.read();
        return reader;
    }

    private static List<String> closed(String legacy) throws IOException {
        String said = "@@iptables\nfilter\n@@legacy\n" + legacy + "\n@@setting";
        return reader(said).facts(List.of()).closedForwardChains().stream()
                .map(HostFacts.ClosedChain::family)
                .toList();
    }

    @Test
    void oldIptablesThatDropWhatIsForwardedAreFound() throws IOException {
        String head = "-P INPUT DROP\n-P FORWARD ";
        String docker = "\n-A FORWARD -i docker0 -j ACCEPT";
        String reject = "\n-A FORWARD -j REJECT --reject-with icmp-host-prohibited";
        assertEquals(List.of("legacy"), closed(head + "DROP" + docker));
        assertEquals(List.of("legacy"), closed(head + "ACCEPT" + docker + reject));
        assertEquals(List.of("legacy"), closed(head + "ACCEPT" + reject + "\n-A OTHER -j DROP"));
        assertEquals(List.of(), closed(head + "ACCEPT" + docker + "\n-A INPUT -j DROP"));
        assertEquals(List.of(), closed(head + "DROP\n-A FORWARD -o jnat-wan -j ACCEPT"));
        assertEquals(List.of(), closed(""));
    }

    @Test
    void aDeviceIsInUseWhileAProcessHasItOpen() throws IOException {
        String lo = "@@link\n1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\n";
        String open = "7: jnat-lan: <POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP> mtu 1500\n";
        String left = "7: jnat-lan: <NO-CARRIER,POINTOPOINT,MULTICAST,NOARP,UP> mtu 1500\n";
        String other = "7: jnat2-lan: <POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP> mtu 1500\n";
        assertEquals("jnat-lan", reader(lo + open + "@@setting").deviceInUse());
        assertEquals("", reader(lo + left + other + "@@setting").deviceInUse());
    }
}
