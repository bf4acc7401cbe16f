package io.jnat.cli.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jnat.cli.config.AllowConfig;
import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.ForwardConfig;
import io.jnat.cli.config.IdleLimit;
import io.jnat.cli.config.LifetimeConfig;
import io.jnat.cli.config.Place;
import io.jnat.cli.config.PortRange;
import io.jnat.cli.config.TimeoutConfig;
import io.jnat.nat.flow.FlowTimeouts;
import io.jnat.nat.rule.Behaviour.Dependence;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.Ipv6Config;
import io.jnat.nat.rule.Ipv6Prefix;
import io.jnat.nat.rule.Lifetime;
import io.jnat.nat.rule.NatConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RuleTranslationTest {
    private static final Place PLACE = new Place(Path.of("rules.toml"), 1, 1);
    private static final TimeoutConfig GENERAL = TimeoutConfig.DEFAULT;
    private static final PortRange PORT = new PortRange(PortRange.Protocol.UDP, 5060, 5060);

    private static DeviceConfig device(String address) {
        return new DeviceConfig(
                "phone", Optional.empty(), Cidr.of(address), Optional.empty(), false, PLACE);
    }

    private static ForwardConfig forward(String to, List<Cidr> from) throws Exception {
        return new ForwardConfig(
                "sip",
                List.of(PORT),
                Optional.empty(),
                device(to),
                OptionalInt.empty(),
                from,
                Dependence.NOTHING,
                false,
                LifetimeConfig.INBOUND,
                PLACE);
    }

    @Test
    @Tag("N40")
    void ruleForIpv6SourcesOnlyIsForNobodyOverIpv4() throws Exception {
        List<Cidr> six = List.of(Cidr.of("2001:db8::/32"));
        assertEquals(0, RuleTranslation.forwards(forward("192.168.20.31", six), 0, GENERAL).size());
        AllowConfig allow =
                new AllowConfig(
                        "sip",
                        List.of(device("192.168.20.31")),
                        List.of(PORT),
                        six,
                        LifetimeConfig.INBOUND,
                        PLACE);
        assertEquals(0, RuleTranslation.allows(List.of(allow), GENERAL).size());
    }

    @Test
    @Tag("N40")
    void mixedSourcesKeepTheirIpv4Ones() throws Exception {
        List<Cidr> mixed = List.of(Cidr.of("2001:db8::/32"), Cidr.of("198.51.100.0/24"));
        assertEquals(
                1,
                RuleTranslation.forwards(forward("192.168.20.31", mixed), 0, GENERAL)
                        .getFirst()
                        .sources()
                        .size());
    }

    @Test
    @Tag("N40")
    void ruleOfBothFamiliesIsTakenApart() throws Exception {
        List<Cidr> four = List.of(Cidr.of("198.51.100.0/24"));
        List<Cidr> mixed = List.of(Cidr.of("2001:db8::/32"), Cidr.of("198.51.100.0/24"));
        List<DeviceConfig> both = List.of(device("192.168.20.31"), device("2001:db8:20::/64"));
        AllowConfig allow =
                new AllowConfig("sip", both, List.of(PORT), mixed, LifetimeConfig.INBOUND, PLACE);
        NatConfig.Allow in4 = RuleTranslation.allows(List.of(allow), GENERAL).getFirst();
        assertEquals(List.of(Ipv4Prefix.parse("198.51.100.0/24")), in4.sources());
        assertEquals(List.of(Ipv4Prefix.parse("192.168.20.31")), in4.destinations());
        Ipv6Config.Allow in6 = RuleTranslation.allows6(List.of(allow), GENERAL).getFirst();
        assertEquals("allow sip", in6.name());
        assertEquals(List.of(Ipv6Prefix.parse("2001:db8::/32")), in6.sources());
        assertEquals(List.of(Ipv6Prefix.parse("2001:db8:20::/64")), in6.destinations());
        AllowConfig for4 =
                new AllowConfig("sip", both, List.of(PORT), four, LifetimeConfig.INBOUND, PLACE);
        assertEquals(List.of(), RuleTranslation.allows6(List.of(for4), GENERAL));
        assertEquals(
                List.of(), RuleTranslation.forwards6(forward("192.168.20.31", List.of()), GENERAL));
        assertEquals(List.of(), RuleTranslation.forwards6(forward("2001:db8::31", four), GENERAL));
        assertEquals(
                1, RuleTranslation.forwards6(forward("2001:db8::31", List.of()), GENERAL).size());
        assertEquals(1, RuleTranslation.captures(both, Lifetime.DEVICE_ONLY).size());
        assertEquals(
                List.of(Ipv6Prefix.parse("2001:db8:20::/64")),
                RuleTranslation.captures6(both, Lifetime.DEVICE_ONLY).getFirst().devices());
    }

    @Test
    @Tag("N12")
    void ownLimitsOfARuleStandOverTheGeneralOnes() {
        TimeoutConfig general =
                new TimeoutConfig(
                        Map.of(
                                IdleLimit.UDP,
                                Duration.ofMinutes(7),
                                IdleLimit.ICMP,
                                Duration.ofMinutes(2)),
                        false);
        TimeoutConfig own = new TimeoutConfig(Map.of(IdleLimit.UDP, Duration.ofMinutes(20)), false);
        Lifetime lifetime = RuleTranslation.lifetime(new LifetimeConfig(true, own), general);
        assertEquals(
                new Lifetime(true, new FlowTimeouts(1200, 7440, 240, 120, 30, 180, 600)), lifetime);
        assertEquals(
                Lifetime.DEVICE_ONLY, RuleTranslation.lifetime(LifetimeConfig.OUTBOUND, general));
    }

    @Test
    @Tag("N40")
    void ruleForAnIpv6DeviceIsNoRuleForHalfOfItsAddress() throws Exception {
        assertEquals(
                0, RuleTranslation.forwards(forward("2001:db8::31", List.of()), 0, GENERAL).size());
        AllowConfig allow =
                new AllowConfig(
                        "sip",
                        List.of(device("2001:db8::31")),
                        List.of(PORT),
                        List.of(),
                        LifetimeConfig.INBOUND,
                        PLACE);
        assertEquals(0, RuleTranslation.allows(List.of(allow), GENERAL).size());
        assertEquals(
                0,
                RuleTranslation.captures(List.of(device("2001:db8::31")), Lifetime.DEVICE_ONLY)
                        .size());
    }
}
