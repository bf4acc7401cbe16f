package io.jnat.cli.wiring;

import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.RouterConfig;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What addresses the interfaces have that rules are compiled from, to be compared with what they
 * had before.
 *
 * @param wan of the interface to the internet or the carrier
 * @param lan of a router's interfaces to the LAN, by their names, in the configured order
 */
record InterfaceAddresses(List<InterfaceAddress> wan, Map<String, List<InterfaceAddress>> lan) {

    /** As they are now; an interface that is gone has none. */
    static InterfaceAddresses now(JnatConfig config) {
        Map<String, List<InterfaceAddress>> lan = new LinkedHashMap<>();
        if (config instanceof RouterConfig router) {
            router.lan().forEach(name -> lan.put(name, of(name)));
        }
        return new InterfaceAddresses(of(config.wan()), lan);
    }

    /** Largest packet that leaves by an interface, in bytes; 0 when it is gone. */
    static int mtu(String name) {
        try {
            NetworkInterface found = NetworkInterface.getByName(name);
            return found == null ? 0 : found.getMTU();
        } catch (SocketException gone) {
            return 0;
        }
    }

    private static List<InterfaceAddress> of(String name) {
        try {
            NetworkInterface found = NetworkInterface.getByName(name);
            return found == null ? List.of() : found.getInterfaceAddresses();
        } catch (SocketException gone) {
            return List.of();
        }
    }
}
