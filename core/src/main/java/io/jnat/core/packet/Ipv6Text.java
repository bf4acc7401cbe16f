package io.jnat.core.packet;

/** IPv6 addresses in text. */
public final class Ipv6Text {
    private static final int GROUPS = 8;

    private Ipv6Text() {}

    /** An address for people (RFC 5952: the longest run of zeros is left out). */
    public static String of(long high, long low) {
        int runStart = -1;
        int runLength = 1;
        for (int start = 0; start < GROUPS; start++) {
            int end = start;
            while (end < GROUPS && group(high, low, end) == 0) {
                end++;
            }
            if (end - start > runLength) {
                runStart = start;
                runLength = end - start;
            }
        }
        StringBuilder text = new StringBuilder();
        for (int at = 0; at < GROUPS; at++) {
            if (at == runStart) {
                text.append("::");
                at += runLength - 1;
            } else {
                boolean first = at == 0 || text.charAt(text.length() - 1) == ':';
                text.append(first ? "" : ":").append(Integer.toHexString(group(high, low, at)));
            }
        }
        return text.toString();
    }

    private static int group(long high, long low, int at) {
        return (int) ((at < 4 ? high : low) >>> 48 - (at & 3) * 16) & 0xffff;
    }
}
