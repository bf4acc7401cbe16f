package io.jnat.cli.e2e;

import io.jnat.cli.lab.NetworkLab;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/**
 * What a NAT does with single packets, asked of the kernel and of jnat with the same words: the
 * same namespaces, the same packets, the same assertions. Where the two differ on purpose, {@link
 * Differences} says so, and {@code docs/differences-from-nftables.md} says why.
 */
abstract class NatContract extends RunningLab
        implements MappingContract, ErrorContract, FragmentContract, HeaderContract, TcpContract {

    private Stations stations;

    abstract Differences differences();

    @Override
    public Stations at() {
        return stations;
    }

    @BeforeAll
    void openStations() throws IOException {
        PacketStation.checksumsOnTheWire(
                client, lab.namespace("vps"), lab.namespace("site"), radio, host);
        stations =
                new Stations(
                        lab,
                        PacketStation.open(client, lab.directory(), NetworkLab.VPS),
                        PacketStation.open(radio, lab.directory(), NetworkLab.SITE_LAN),
                        PacketStation.open(
                                lab.namespace("flex"), lab.directory(), NetworkLab.SITE_LAN),
                        differences());
    }

    @AfterAll
    void closeStations() throws IOException {
        if (stations != null) {
            stations.client().close();
            stations.radio().close();
            stations.flex().close();
        }
    }

    /** Where jnat does something else than nftables does, on purpose. */
    enum Differences {
        KERNEL,
        JNAT;

        /** Filtering depends on the address only (RFC 4787 REQ-8). */
        boolean anotherPortOfTheSameHostIsLetIn() {
            return this == JNAT;
        }

        /** Even where two devices' ports clash (RFC 4787 REQ-1). */
        boolean mappingNeverDependsOnTheDestination() {
            return this == JNAT;
        }

        /** Also those below 1024 and above 60999, and 0. */
        boolean everyFreePortIsKept() {
            return this == KERNEL;
        }

        /** By another device, towards a host that has not used the forward yet (CVE-2021-3773). */
        boolean portOfAForwardMayBeTaken() {
            return this == KERNEL;
        }

        /** One that does not hold TCP's flags (RFC 1858). */
        boolean tinyFirstFragmentIsLetIn() {
            return this == KERNEL;
        }

        /** One of 0.0.0.0/8 (RFC 1122 section 3.2.1.3) or 240.0.0.0/4 (RFC 6890). */
        boolean sourceThatNoHostHasIsLetIn() {
            return this == KERNEL;
        }

        /** An ICMP error about an IP header whose checksum is wrong (RFC 5508 REQ-3). */
        boolean errorAboutABrokenHeaderIsLetIn() {
            return this == KERNEL;
        }

        /** An ICMP error that is itself in fragments: nobody sends one that large. */
        boolean errorInFragmentsIsLetIn() {
            return this == KERNEL;
        }

        /** ICMP's information and address mask requests (RFC 6918 section 2). */
        boolean obsoleteQueriesAreLetOut() {
            return this == KERNEL;
        }

        /** A device that is not captured crosses two TUN devices on its way to the WAN. */
        boolean wayToTheWanIsOneHop() {
            return this == KERNEL;
        }

        /** ICMP for the relay's own address goes through the engine first. */
        boolean relayIsOneHopAwayByIcmp() {
            return this == KERNEL;
        }

        /** Checksums are not verified, the receiver finds the error. */
        boolean wrongChecksumIsPassedOn() {
            return this == JNAT;
        }

        /** Only resets are checked against the window, the receiver checks the rest. */
        boolean dataOutOfTheWindowIsPassedOn() {
            return this == JNAT;
        }
    }

    /** Where packets are sent and seen: outside, and at two captured devices. */
    record Stations(
            NetworkLab lab,
            PacketStation client,
            PacketStation radio,
            PacketStation flex,
            Differences differences) {

        /** Forgets what was seen so far, at the start of a test. */
        Stations fresh() throws IOException {
            client.forget();
            radio.forget();
            flex.forget();
            return this;
        }
    }
}
