package io.jnat.core.packet;

import io.jnat.core.stat.DropReason;
import org.jspecify.annotations.Nullable;

/**
 * Describes one IP packet, or one super-frame (a train of segments under one header), that lies in
 * a {@link Burst}'s memory. Mutable and reused; the fields are the hand-over between the steps of
 * {@code core.engine.Forwarder}, each written by the step that is named.
 *
 * <p>There are always {@link #HEADROOM_BYTES} writable bytes in front of {@link #address}, so that
 * a virtio-net header fits there.
 *
 * <p>Owner: the thread that owns the burst.
 */
public final class Packet {
    /** Writable bytes in front of every packet. */
    public static final int HEADROOM_BYTES = 16;

    /** {@link #gsoType}: a single packet. */
    public static final int GSO_NONE = 0;

    /** {@link #gsoType}: TCP over IPv4 segments. */
    public static final int GSO_TCP4 = 1;

    /** {@link #gsoType}: TCP over IPv6 segments. */
    public static final int GSO_TCP6 = 4;

    /** {@link #gsoType}: UDP datagrams, IPv4 or IPv6 (USO). */
    public static final int GSO_UDP = 5;

    /** {@link #verdict}: goes on. */
    public static final int FORWARD = 0;

    /** {@link #verdict}: dropped, {@link #dropReason} says why. */
    public static final int DROP = 1;

    /**
     * {@link #verdict}: a step took it over (a fragment that waits, a packet staged for a session).
     */
    public static final int TAKEN = 2;

    // --- receive, open, coalesce -------------------------------------------------------------

    /** Where the IP header starts. For a datagram not yet opened: where the UDP payload starts. */
    public long address;

    /** Bytes from {@link #address}: IP header, and all payload of a super-frame. */
    public int length;

    /** How the super-frame is to be cut: one of the {@code GSO_} constants (virtio's numbers). */
    public int gsoType;

    /** Payload bytes per segment of a super-frame; 0 for a single packet. */
    public int gsoSize;

    /**
     * Whether the layer-4 checksum is partial: the field holds the folded pseudo-header sum, and
     * whoever sends the packet on completes it over [checksumStart, length). Always so in
     * super-frames.
     */
    public boolean needsChecksum;

    /** Whether the layer-4 checksum of this single packet was verified already. */
    public boolean checksumValid;

    /** Where summing starts, from {@link #address}; valid with {@link #needsChecksum}. */
    public int checksumStart;

    /**
     * Where the checksum field lies, from {@link #checksumStart}; valid with {@link
     * #needsChecksum}.
     */
    public int checksumOffset;

    /** Identity of the link it came in by; see {@code core.engine.Link}. */
    public int inLink;

    /** Tunnel peer it came from, authenticated; -1 when it came from a device. */
    public int inPeer;

    /** Who sent the datagram (tunnel side only); belongs to the burst. */
    public @Nullable Endpoint remote;

    /** The outer TOS byte of the datagram it came in (tunnel side only), for ECN (RFC 6040). */
    public int outerTos;

    /** Whether it was opened already, ahead of the burst that it is in (tunnel side only). */
    public boolean opened;

    // --- parse -------------------------------------------------------------------------------

    /** Whether the fields below hold; a step that looked early saves the next one the work. */
    public boolean parsed;

    /** 4 or 6. */
    public int ipVersion;

    /** Upper-layer protocol after all extension headers. */
    public int protocol;

    /** Where the upper-layer header starts, from {@link #address}. */
    public int transportOffset;

    /**
     * Length of the upper-layer header (TCP with options, UDP 8, ICMP 8; 0 otherwise or in later
     * fragments).
     */
    public int transportHeaderLength;

    /** Whether it is any fragment (offset not 0, or more to come). */
    public boolean fragment;

    /** Offset of this fragment's payload in bytes; 0 in the first one and in whole packets. */
    public int fragmentOffset;

    /** Identification that the fragments of one packet share; 0 when it is not a fragment. */
    public int fragmentId;

    /** Bytes of the packet that this fragment carries; valid with {@link #fragment}. */
    public int fragmentBytes;

    /** Whether fragments behind this one follow; valid with {@link #fragment}. */
    public boolean moreFragments;

    /** Source port, or ICMP query identifier; 0 when there is none. */
    public int sourcePort;

    /** Destination port, or ICMP query identifier; 0 when there is none. */
    public int destinationPort;

    // --- track -------------------------------------------------------------------------------

    /** Link it leaves by. */
    public int outLink;

    /**
     * Tunnel peer it leaves to when {@link #outLink} is the tunnel; -1: the one whose AllowedIPs
     * match.
     */
    public int outPeer;

    /**
     * Handle of the flow in the flow table; -1 when there is none. Meaning is the tracker's own.
     */
    public int flow;

    /**
     * Whether it measures the path: it leaves whole, even if it is larger than the tunnel's MTU, in
     * a datagram that nobody fragments; or not at all.
     */
    public boolean measuresPath;

    /** Whether it travels in the direction of the flow's first packet. */
    public boolean originalDirection;

    /** One of {@link #FORWARD}, {@link #DROP}, {@link #TAKEN}. */
    public int verdict;

    /** Why it was dropped; null unless {@link #verdict} is {@link #DROP}. */
    public @Nullable DropReason dropReason;

    /** A blank descriptor. */
    public Packet() {}

    /**
     * Makes it a single packet of {@code length} bytes at {@code address}, everything else unset.
     */
    public void reset(long address, int length) {
        this.address = address;
        this.length = length;
        gsoType = GSO_NONE;
        gsoSize = 0;
        needsChecksum = false;
        checksumValid = false;
        checksumStart = 0;
        checksumOffset = 0;
        inLink = -1;
        inPeer = -1;
        remote = null;
        outerTos = 0;
        opened = false;
        parsed = false;
        ipVersion = 0;
        protocol = 0;
        transportOffset = 0;
        transportHeaderLength = 0;
        fragment = false;
        fragmentOffset = 0;
        fragmentId = 0;
        fragmentBytes = 0;
        moreFragments = false;
        sourcePort = 0;
        destinationPort = 0;
        outLink = -1;
        outPeer = -1;
        flow = -1;
        measuresPath = false;
        originalDirection = false;
        verdict = FORWARD;
        dropReason = null;
    }

    /** Takes over everything that describes another packet; the bytes stay where they are. */
    public void copyFrom(Packet other) {
        address = other.address;
        length = other.length;
        gsoType = other.gsoType;
        gsoSize = other.gsoSize;
        needsChecksum = other.needsChecksum;
        checksumValid = other.checksumValid;
        checksumStart = other.checksumStart;
        checksumOffset = other.checksumOffset;
        inLink = other.inLink;
        inPeer = other.inPeer;
        remote = other.remote;
        outerTos = other.outerTos;
        opened = other.opened;
        parsed = other.parsed;
        ipVersion = other.ipVersion;
        protocol = other.protocol;
        transportOffset = other.transportOffset;
        transportHeaderLength = other.transportHeaderLength;
        fragment = other.fragment;
        fragmentOffset = other.fragmentOffset;
        fragmentId = other.fragmentId;
        fragmentBytes = other.fragmentBytes;
        moreFragments = other.moreFragments;
        sourcePort = other.sourcePort;
        destinationPort = other.destinationPort;
        outLink = other.outLink;
        outPeer = other.outPeer;
        flow = other.flow;
        measuresPath = other.measuresPath;
        originalDirection = other.originalDirection;
        verdict = other.verdict;
        dropReason = other.dropReason;
    }

    /** Marks it dropped. Only the first reason counts. Counting is {@code Forwarder}'s. */
    public void drop(DropReason reason) {
        if (verdict != DROP) {
            verdict = DROP;
            dropReason = reason;
        }
    }

    /** How many packets this stands for on the wire: the segments of a super-frame, or 1. */
    public int segments() {
        int headerLength = transportOffset + transportHeaderLength;
        return gsoSize == 0 || length <= headerLength
                ? 1
                : (length - headerLength + gsoSize - 1) / gsoSize;
    }
}
