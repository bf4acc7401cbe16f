package io.jnat.nat.rule;

import java.util.Arrays;
import java.util.List;

/** A fixed set of IPv4 addresses, kept as sorted ranges. Immutable; asking allocates nothing. */
final class Ipv4Ranges {
    /** No address. */
    static final Ipv4Ranges NONE = new Ipv4Ranges(new long[0]);

    /** First and last address of each range as unsigned numbers in one long; sorted, apart. */
    private final long[] ranges;

    private Ipv4Ranges(long[] ranges) {
        this.ranges = ranges;
    }

    /** All addresses of some networks. */
    static Ipv4Ranges of(List<Ipv4Prefix> prefixes) {
        long[] all = new long[prefixes.size()];
        for (int at = 0; at < all.length; at++) {
            Ipv4Prefix prefix = prefixes.get(at);
            // The sign of the first address is flipped, so that signed order is the unsigned one.
            all[at] =
                    (long) (prefix.address() ^ Integer.MIN_VALUE) << 32
                            | Integer.toUnsignedLong(prefix.last());
        }
        Arrays.sort(all);
        int count = 0;
        for (long range : all) {
            if (count > 0 && first(range) <= last(all[count - 1])) {
                long end = Math.max(last(all[count - 1]), last(range));
                all[count - 1] = (all[count - 1] & 0xffff_ffff_0000_0000L) | end;
            } else {
                all[count++] = range;
            }
        }
        return new Ipv4Ranges(Arrays.copyOf(all, count));
    }

    /** Whether the address is one of them. */
    boolean contains(int address) {
        long wanted = Integer.toUnsignedLong(address);
        int low = 0;
        int high = ranges.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            long range = ranges[middle];
            if (wanted < first(range)) {
                high = middle - 1;
            } else if (wanted > last(range)) {
                low = middle + 1;
            } else {
                return true;
            }
        }
        return false;
    }

    private static long first(long range) {
        return Integer.toUnsignedLong((int) (range >>> 32) ^ Integer.MIN_VALUE);
    }

    private static long last(long range) {
        return range & 0xffff_ffffL;
    }
}
