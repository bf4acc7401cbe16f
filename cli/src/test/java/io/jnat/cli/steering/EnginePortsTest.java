package io.jnat.cli.steering;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.config.PortRange;
import io.jnat.cli.config.PortRange.Protocol;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("N5")
final class EnginePortsTest {

    private static PortRange udp(int first, int last) {
        return new PortRange(Protocol.UDP, first, last);
    }

    @Test
    void theHostsPortsAreTakenOutAlsoAtTheEdges() {
        List<PortRange> own =
                List.of(
                        udp(60999, 60999),
                        udp(1024, 1024),
                        udp(1025, 1025),
                        udp(5353, 5353),
                        udp(68, 68),
                        new PortRange(Protocol.TCP, 8080, 8080));
        assertEquals(
                List.of(udp(1026, 5352), udp(5354, 60998)), EnginePorts.without(Protocol.UDP, own));
        assertEquals(2, EnginePorts.without(Protocol.TCP, own).size());
        assertEquals(List.of(udp(1024, 60999)), EnginePorts.without(Protocol.UDP, List.of()));
    }

    @Test
    void aPortIsTheEnginesWhenItIsInTheRangeOrNamed() {
        EnginePorts ports =
                new EnginePorts(List.of(udp(1024, 60999)), List.of(udp(53, 53), udp(62031, 62031)));
        assertTrue(ports.has(Protocol.UDP, 53));
        assertTrue(ports.has(Protocol.UDP, 62031));
        assertTrue(ports.has(Protocol.UDP, 1024));
        assertFalse(ports.has(Protocol.UDP, 61000));
        assertFalse(ports.has(Protocol.TCP, 1024));
        assertFalse(EnginePorts.none().has(Protocol.UDP, 1024));
    }
}
