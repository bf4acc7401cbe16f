package io.jnat.cli.e2e;

import io.jnat.cli.demo.NetworkLab;
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

    /**
     * Where jnat does something else than nftables does, on purpose.
     *
     * @param anotherPortOfTheSameHostIsLetIn filtering depends on the address only (RFC 4787 REQ-8)
     * @param mappingNeverDependsOnTheDestination even where two devices' ports clash (RFC 4787
     *     REQ-1)
     * @param tinyFirstFragmentIsLetIn one that does not hold TCP's flags (RFC 1858)
     * @param sourceInThisNetworkIsLetIn one of 0.0.0.0/8 (RFC 1122 section 3.2.1.3)
     */
    record Differences(
            boolean anotherPortOfTheSameHostIsLetIn,
            boolean mappingNeverDependsOnTheDestination,
            boolean tinyFirstFragmentIsLetIn,
            boolean sourceInThisNetworkIsLetIn) {

        static final Differences KERNEL = new Differences(false, false, true, true);
        static final Differences JNAT = new Differences(true, true, false, false);
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
