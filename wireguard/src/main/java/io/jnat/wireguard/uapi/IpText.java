package io.jnat.wireguard.uapi;

import io.jnat.wireguard.AllowedIp;
import org.jspecify.annotations.Nullable;

/**
 * Addresses and prefixes in text, strictly: no octal, no names, no missing parts, and an
 * IPv4-mapped IPv6 address stays IPv6. Own code, as a device may have 130,000 of them (W45).
 */
final class IpText {
    private static final int GROUPS = 8;

    private IpText() {}

    /** A prefix {@code 10.0.0.0/8} or {@code fd00::/8}; null when it is none. */
    static @Nullable AllowedIp prefix(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return null;
        }
        boolean v6 = text.indexOf(':') >= 0;
        int length = decimal(text, slash + 1, text.length(), 3);
        if (length < 0 || length > (v6 ? 128 : 32)) {
            return null;
        }
        if (v6) {
            long[] halves = new long[2];
            return six(text, slash, halves)
                    ? new AllowedIp(true, halves[0], halves[1], length)
                    : null;
        }
        long address = four(text, 0, slash);
        return address < 0 ? null : new AllowedIp(false, 0, address, length);
    }

    /** Whether it is an IPv4 address, or an IPv6 address with or without scope. */
    static boolean isAddress(String text) {
        if (text.indexOf(':') < 0) {
            return four(text, 0, text.length()) >= 0;
        }
        int percent = text.indexOf('%');
        return percent != text.length() - 1
                && six(text, percent < 0 ? text.length() : percent, new long[2]);
    }

    /** An IPv4 address, or -1. */
    private static long four(String text, int from, int to) {
        long address = 0;
        int at = from;
        for (int octet = 0; octet < 4; octet++) {
            int end = octet == 3 ? to : text.indexOf('.', at);
            if (end < 0 || end > to) {
                return -1;
            }
            int value = decimal(text, at, end, 3);
            if (value < 0 || value > 255) {
                return -1;
            }
            address = address << 8 | value;
            at = end + 1;
        }
        return address;
    }

    /** Digits without leading zeros, at most {@code most}; -1 when it is something else. */
    private static int decimal(String text, int from, int to, int most) {
        int digits = to - from;
        if (digits < 1 || digits > most || (digits > 1 && text.charAt(from) == '0')) {
            return -1;
        }
        int value = 0;
        for (int at = from; at < to; at++) {
            int digit = text.charAt(at) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = 10 * value + digit;
        }
        return value;
    }

    /** Reads {@code text} up to {@code to} into two halves; whether it is an IPv6 address. */
    private static boolean six(String text, int to, long[] halves) {
        int[] groups = new int[GROUPS];
        int count = 0;
        int gap = -1;
        int at = 0;
        if (text.startsWith("::") && to >= 2) {
            gap = 0;
            at = 2;
        }
        while (at < to) {
            int end = text.indexOf(':', at);
            end = end < 0 || end > to ? to : end;
            if (end == to && text.indexOf('.', at) >= 0 && text.indexOf('.', at) < to) {
                long tail = four(text, at, to);
                if (tail < 0 || count > GROUPS - 2) {
                    return false;
                }
                groups[count++] = (int) (tail >>> 16);
                groups[count++] = (int) (tail & 0xffff);
                break;
            }
            int group = hexadecimal(text, at, end);
            if (group < 0 || count == GROUPS) {
                return false;
            }
            groups[count++] = group;
            at = end + 1;
            if (end < to && at == to) {
                return false; // ends with a single colon
            }
            if (at < to && text.charAt(at) == ':') {
                if (gap >= 0) {
                    return false;
                }
                gap = count;
                at++;
            }
        }
        if (gap < 0 ? count != GROUPS : count == GROUPS) {
            return false;
        }
        spread(groups, count, gap, halves);
        return true;
    }

    private static void spread(int[] groups, int count, int gap, long[] halves) {
        int zeros = GROUPS - count;
        for (int to = 0; to < GROUPS; to++) {
            int from = gap < 0 || to < gap ? to : to - zeros;
            int group = gap >= 0 && to >= gap && to < gap + zeros ? 0 : groups[from];
            halves[to / 4] = halves[to / 4] << 16 | group;
        }
    }

    private static int hexadecimal(String text, int from, int to) {
        if (to <= from || to - from > 4) {
            return -1;
        }
        int value = 0;
        for (int at = from; at < to; at++) {
            char character = text.charAt(at);
            int digit = character < 128 ? Character.digit(character, 16) : -1;
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }

    /** Appends a prefix in text. */
    static void append(StringBuilder out, AllowedIp prefix) {
        if (prefix.v6()) {
            appendSix(out, prefix.high(), prefix.low());
        } else {
            long address = prefix.low();
            out.append(address >>> 24 & 0xff).append('.').append(address >>> 16 & 0xff);
            out.append('.').append(address >>> 8 & 0xff).append('.').append(address & 0xff);
        }
        out.append('/').append(prefix.prefixLength());
    }

    /** The longest run of zero groups, of two or more, becomes {@code ::} (RFC 5952). */
    private static void appendSix(StringBuilder out, long high, long low) {
        int bestStart = -1;
        int bestLength = 1;
        int run = 0;
        for (int at = 0; at < GROUPS; at++) {
            run = group(high, low, at) == 0 ? run + 1 : 0;
            if (run > bestLength) {
                bestLength = run;
                bestStart = at - run + 1;
            }
        }
        for (int at = 0; at < GROUPS; at++) {
            if (at == bestStart) {
                out.append("::");
                at += bestLength - 1;
                continue;
            }
            if (at > 0 && out.charAt(out.length() - 1) != ':') {
                out.append(':');
            }
            out.append(Integer.toHexString(group(high, low, at)));
        }
    }

    private static int group(long high, long low, int at) {
        long half = at < 4 ? high : low;
        return (int) (half >>> (48 - 16 * (at % 4)) & 0xffff);
    }
}
