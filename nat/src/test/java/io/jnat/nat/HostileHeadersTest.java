package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
import static io.jnat.nat.TranslatorBench.TUNNEL;
import static io.jnat.nat.TranslatorBench.WAN;
import static io.jnat.nat.Wire.SYN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.stat.DropReason;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Headers that are wrong in themselves, at every length: IP options, TCP options, what ICMP errors
 * quote, fragments. Nothing is thrown, nothing outside of the packet is touched (assertions in
 * {@code Memory} watch that), no loop runs on, and whatever does not come out has its reason.
 */
final class HostileHeadersTest {
    private static final String CLIENT = "203.0.113.7";
    private static final String RADIO = "192.168.20.31";
    private static final int SITE = 0;
    private static final int ROUNDS_PER_LENGTH = 300;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final SplittableRandom random = new SplittableRandom(7);
    private final Set<DropReason> reasons = EnumSet.noneOf(DropReason.class);
    private TranslatorBench bench;
    private int passed;

    @BeforeEach
    void open() {
        bench = new TranslatorBench(new NatCapacity(300, 200, 16, 2048, 1));
        bench.apply(HostilePacketsTest.config(bench));
    }

    @AfterEach
    void close() {
        bench.close();
    }

    /** Sends it in from outside and from the site; what does not come out must say why. */
    private void send(byte[] packet) {
        for (int link : new int[] {WAN, TUNNEL}) {
            if (bench.send(packet, link, link == TUNNEL ? SITE : -1) != null) {
                passed++;
            } else if (!bench.taken) {
                reasons.add(bench.dropped);
            }
        }
        bench.now += 1_000_000;
    }

    private byte[] noise(int bytes) {
        byte[] noise = new byte[bytes];
        random.nextBytes(noise);
        return noise;
    }

    private static byte[] withIpOptions(byte[] packet, byte[] options) {
        byte[] longer = new byte[packet.length + options.length];
        System.arraycopy(packet, 0, longer, 0, 20);
        System.arraycopy(options, 0, longer, 20, options.length);
        System.arraycopy(packet, 20, longer, 20 + options.length, packet.length - 20);
        longer[0] = (byte) (0x40 | (20 + options.length) / 4);
        return repaired(longer);
    }

    private static byte[] repaired(byte[] packet) {
        Wire.put16(packet, 2, packet.length);
        Wire.put16(packet, 10, 0);
        Wire.put16(packet, 10, Wire.onesComplement(packet, 0, (packet[0] & 0xf) * 4));
        return packet;
    }

    @Test
    @Tag("N45")
    void ipOptionsOfEveryLengthAreSurvived() {
        byte[][] packets = {
            Wire.udp(CLIENT, 4000, PUBLIC, 55193, 20),
            Wire.udp(RADIO, 5000, CLIENT, 53, 20),
            Wire.tcp(RADIO, 5000, CLIENT, 443, SYN),
            Wire.echo(RADIO, CLIENT, 5, true, 20)
        };
        assertTimeoutPreemptively(
                LIMIT,
                () -> {
                    for (int bytes = 4; bytes <= 40; bytes += 4) {
                        for (int round = 0; round < ROUNDS_PER_LENGTH; round++) {
                            byte[] options = noise(bytes);
                            // Lengths of 0 and 1, and one that reaches past the header.
                            options[random.nextInt(bytes)] = (byte) random.nextInt(3);
                            send(withIpOptions(packets[round % packets.length], options));
                        }
                    }
                });
        assertTrue(passed > 0);
        assertTrue(reasons.contains(DropReason.SOURCE_ROUTED), reasons.toString());
    }

    @Test
    @Tag("N22")
    void tcpOptionsOfEveryLengthAreSurvived() {
        byte[] syn = Wire.tcp(CLIENT, 5000, PUBLIC, 443, SYN);
        assertTimeoutPreemptively(
                LIMIT,
                () -> {
                    for (int bytes = 0; bytes <= 40; bytes += 4) {
                        for (int round = 0; round < ROUNDS_PER_LENGTH; round++) {
                            byte[] options = noise(bytes);
                            if (bytes > 0) {
                                // MSS and window scale with lengths that are not theirs.
                                int at = random.nextInt(bytes);
                                options[at] = (byte) (2 + random.nextInt(2));
                                if (at + 1 < bytes) {
                                    options[at + 1] = (byte) random.nextInt(6);
                                }
                            }
                            byte[] segment = Arrays.copyOf(syn, 40 + bytes);
                            System.arraycopy(options, 0, segment, 40, bytes);
                            // Sometimes it says that there are more or fewer than there are.
                            int words =
                                    5 + bytes / 4 + (round % 3 == 0 ? random.nextInt(4) - 2 : 0);
                            segment[32] = (byte) (words << 4);
                            send(repaired(segment));
                        }
                    }
                });
        assertTrue(passed > 0);
        assertTrue(reasons.contains(DropReason.BAD_TRANSPORT_HEADER), reasons.toString());
    }

    @Test
    @Tag("N30")
    void whateverAnErrorQuotesIsSurvived() {
        byte[] sent = bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 55193, 40)).bytes();
        assertTimeoutPreemptively(
                LIMIT,
                () -> {
                    for (int quoted = 0; quoted <= sent.length; quoted++) {
                        for (int type : new int[] {3, 4, 5, 11, 12}) {
                            byte[] cut = Arrays.copyOf(sent, quoted);
                            send(Wire.error(RADIO, CLIENT, type, 4, 0, cut));
                            for (int round = 0; round < 20; round++) {
                                byte[] changed = cut.clone();
                                if (quoted > 0) {
                                    changed[random.nextInt(quoted)] = (byte) random.nextInt();
                                }
                                send(Wire.error(RADIO, CLIENT, type, 4, 0, changed));
                            }
                        }
                    }
                    for (int bytes = 4; bytes <= 40; bytes += 4) {
                        byte[] inner = withIpOptions(sent, noise(bytes));
                        send(Wire.error(RADIO, CLIENT, 11, 0, 0, inner));
                    }
                });
        assertTrue(passed > 0);
        assertTrue(reasons.contains(DropReason.ICMP_REDIRECT), reasons.toString());
        assertTrue(reasons.contains(DropReason.ICMP_UNRELATED), reasons.toString());
    }

    @Test
    @Tag("N32")
    void floodOfFragmentsIsBoundedAndHarmsNobody() {
        byte[] packet = Wire.udp(CLIENT, 4000, PUBLIC, 55193, 20);
        assertNotNull(bench.fromWan(packet));
        int held = 0;
        for (int round = 0; round < 50_000; round++) {
            byte[] fragment = Arrays.copyOf(packet, 20 + random.nextInt(1, 1400));
            Wire.put16(fragment, 4, random.nextInt(65_536));
            // More to come or not, at any offset, past the largest packet too.
            Wire.put16(fragment, 6, random.nextInt(0x4000));
            send(repaired(fragment));
            held = Math.max(held, bench.report().heldFragments());
            if (round % 1000 == 0) {
                assertNotNull(bench.fromWan(packet), "the conversation beside it");
            }
        }
        assertTrue(held > 0 && held <= 512, "held " + held);
        assertTrue(reasons.contains(DropReason.FRAGMENT_MALFORMED), reasons.toString());
        bench.pass(10);
        assertEquals(0, bench.report().heldFragments());
        assertNotNull(bench.fromWan(packet));
    }
}
