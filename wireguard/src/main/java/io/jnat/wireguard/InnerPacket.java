package io.jnat.wireguard;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;

/** What the tunnel looks at in the packets that it carries. Allocates nothing. */
final class InnerPacket {
    private static final int IPV4_HEADER_BYTES = 20;
    private static final int IPV6_HEADER_BYTES = 40;

    private InnerPacket() {}

    /**
     * Cuts off the padding (W21) and notes the IP version.
     *
     * @return false when version or length makes no sense
     */
    static boolean cut(Packet packet) {
        int version = Memory.getByte(packet.address) >>> 4;
        int length;
        if (version == 4 && packet.length >= IPV4_HEADER_BYTES) {
            length = Memory.getShort(packet.address + 2);
            if (length < IPV4_HEADER_BYTES) {
                return false;
            }
        } else if (version == 6 && packet.length >= IPV6_HEADER_BYTES) {
            length = IPV6_HEADER_BYTES + Memory.getShort(packet.address + 4);
        } else {
            return false;
        }
        if (length > packet.length) {
            return false;
        }
        packet.length = length;
        packet.ipVersion = version;
        return true;
    }

    /** Upper half of an address of the IP header; 0 for IPv4. */
    static long sourceHigh(Packet packet) {
        return packet.ipVersion == 4 ? 0 : Memory.getLong(packet.address + 8);
    }

    /** Lower half of the source, or the IPv4 address. */
    static long sourceLow(Packet packet) {
        return packet.ipVersion == 4
                ? Memory.getUnsignedInt(packet.address + 12)
                : Memory.getLong(packet.address + 16);
    }

    /** Upper half of the destination; 0 for IPv4. */
    static long destinationHigh(Packet packet) {
        return packet.ipVersion == 4 ? 0 : Memory.getLong(packet.address + 24);
    }

    /** Lower half of the destination, or the IPv4 address. */
    static long destinationLow(Packet packet) {
        return packet.ipVersion == 4
                ? Memory.getUnsignedInt(packet.address + 16)
                : Memory.getLong(packet.address + 32);
    }

    /** Length with padding for encryption: to 16 bytes, but not past the MTU. */
    static int paddedLength(int length, int mtu) {
        int lastUnit = length > mtu && mtu > 0 ? length % mtu : length;
        int padded = (lastUnit + 15) & -16;
        if (mtu > 0 && padded > mtu) {
            padded = mtu;
        }
        return length - lastUnit + Math.max(padded, lastUnit);
    }
}
