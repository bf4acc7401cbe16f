package io.jnat.core.route;

import java.util.Arrays;

/**
 * Maps prefixes of IPv4 and IPv6 addresses, apart by routing domain, to small numbers (a peer's
 * index, a route's), and finds the value of the longest prefix that covers an address.
 *
 * <p>A binary trie with compressed paths, one for each domain and family, in plain arrays: a node
 * is an index. A node has a value, or two children, or both. Nodes with the same value are chained,
 * so that all of a peer's prefixes are removed without looking at the others. IPv4 addresses are
 * held as the upper 32 bits of a 128-bit key.
 *
 * <p>Look-ups allocate nothing and take a step for each branching on the way; changes allocate only
 * when the table grows. Owner: whoever holds the engine section.
 */
public final class PrefixTable {
    /** No prefix covers the address, or it had no value before. */
    public static final int NONE = -1;

    private static final int IPV4_BITS = 32;
    private static final int IPV6_BITS = 128;

    /** By node. */
    private long[] keyHigh = new long[0];

    private long[] keyLow = new long[0];

    /** Length of the node's prefix; bit 8 is set for IPv6. */
    private short[] shape = new short[0];

    private int[] domainOf = new int[0];

    /**
     * Node for the next bit 0 at 2n, for 1 at 2n + 1; a free node's left child is the next free.
     */
    private int[] child = new int[0];

    private int[] parent = new int[0];
    private int[] value = new int[0];
    private int[] nextOfValue = new int[0];
    private int[] previousOfValue = new int[0];

    /** Root of a domain: IPv4 at 2d, IPv6 at 2d + 1. */
    private int[] root = new int[0];

    /** First node with a value. */
    private int[] firstOfValue = new int[0];

    private int free = NONE;
    private int used;
    private int size;

    /** An empty table. */
    public PrefixTable() {}

    /** Number of prefixes. */
    public int size() {
        return size;
    }

    /**
     * The value of the longest prefix that covers an IPv4 address, or {@link #NONE}. Allocates
     * nothing.
     */
    public int findIpv4(int domain, int address) {
        return find(rootOf(domain, false), (long) address << IPV4_BITS, 0, IPV4_BITS);
    }

    /**
     * The value of the longest prefix that covers an IPv6 address, or {@link #NONE}. Allocates
     * nothing.
     */
    public int findIpv6(int domain, long high, long low) {
        return find(rootOf(domain, true), high, low, IPV6_BITS);
    }

    /**
     * Adds a prefix, or moves it to another value. Bits behind the prefix don't matter.
     *
     * @param domain small number, at least 0
     * @param bits 0 to 32
     * @param newValue small number, at least 0
     * @return the value that it had before, or {@link #NONE}
     */
    public int putIpv4(int domain, int address, int bits, int newValue) {
        check(domain, bits, IPV4_BITS, newValue);
        return put(domain, false, (long) address << IPV4_BITS, 0, bits, newValue);
    }

    /**
     * Adds a prefix, or moves it to another value. Bits behind the prefix don't matter.
     *
     * @param domain small number, at least 0
     * @param bits 0 to 128
     * @param newValue small number, at least 0
     * @return the value that it had before, or {@link #NONE}
     */
    public int putIpv6(int domain, long high, long low, int bits, int newValue) {
        check(domain, bits, IPV6_BITS, newValue);
        return put(domain, true, high, low, bits, newValue);
    }

    /**
     * Removes all prefixes with a value; takes time only for them.
     *
     * @return how many there were
     */
    public int removeAll(int oldValue) {
        int removed = 0;
        int node = first(oldValue);
        while (node != NONE) {
            unchain(node);
            prune(node);
            removed++;
            node = first(oldValue);
        }
        return removed;
    }

    /** Nodes in use: at most two for each prefix. */
    int nodes() {
        int nodes = used;
        for (int node = free; node != NONE; node = child[2 * node]) {
            nodes--;
        }
        return nodes;
    }

    private static void check(int domain, int bits, int maxBits, int value) {
        if (domain < 0 || bits < 0 || bits > maxBits || value < 0) {
            throw new IllegalArgumentException(
                    "domain " + domain + ", bits " + bits + ", value " + value);
        }
    }

    private int find(int rootNode, long high, long low, int maxBits) {
        int found = NONE;
        int node = rootNode;
        while (node != NONE) {
            int bits = bitsOf(node);
            if (!covers(node, bits, high, low)) {
                break;
            }
            if (value[node] != NONE) {
                found = value[node];
            }
            node = bits == maxBits ? NONE : child[2 * node + bit(high, low, bits)];
        }
        return found;
    }

    private int put(int domain, boolean v6, long high, long low, int bits, int newValue) {
        int rootIndex = 2 * domain + (v6 ? 1 : 0);
        if (rootIndex >= root.length) {
            root = grow(root, rootIndex + 2);
        }
        int above = NONE;
        int node = root[rootIndex];
        while (node != NONE && bitsOf(node) < bits && covers(node, bitsOf(node), high, low)) {
            above = node;
            node = child[2 * node + bit(high, low, bitsOf(node))];
        }
        if (node != NONE && bitsOf(node) == bits && covers(node, bits, high, low)) {
            int before = value[node];
            if (before != newValue) {
                unchain(node);
                chain(node, newValue);
            }
            return before;
        }
        int added = newNode(domain, v6, high, low, bits);
        if (node == NONE) {
            attach(above, added, rootIndex);
        } else {
            insertAbove(node, above, added, rootIndex);
        }
        chain(added, newValue);
        return NONE;
    }

    /** Puts {@code added} over {@code node}, or both under a new fork where their bits part. */
    private void insertAbove(int node, int above, int added, int rootIndex) {
        int common = Math.min(commonBits(node, added), Math.min(bitsOf(node), bitsOf(added)));
        if (common == bitsOf(added)) {
            attach(above, added, rootIndex);
            adopt(added, node);
            return;
        }
        boolean v6 = shape[added] >= 256;
        int fork = newNode(domainOf[added], v6, keyHigh[added], keyLow[added], common);
        attach(above, fork, rootIndex);
        adopt(fork, node);
        adopt(fork, added);
    }

    private void attach(int above, int node, int rootIndex) {
        if (above == NONE) {
            root[rootIndex] = node;
            parent[node] = NONE;
        } else {
            adopt(above, node);
        }
    }

    private void adopt(int above, int node) {
        child[2 * above + bit(keyHigh[node], keyLow[node], bitsOf(above))] = node;
        parent[node] = above;
    }

    /** Takes a node without a value out when it does not fork; then its parent may not either. */
    private void prune(int start) {
        int node = start;
        while (node != NONE && value[node] == NONE) {
            int left = child[2 * node];
            int right = child[2 * node + 1];
            if (left != NONE && right != NONE) {
                return;
            }
            int only = left != NONE ? left : right;
            int above = parent[node];
            if (above == NONE) {
                root[2 * domainOf[node] + (shape[node] >= 256 ? 1 : 0)] = only;
            } else {
                int side = child[2 * above] == node ? 0 : 1;
                child[2 * above + side] = only;
            }
            if (only != NONE) {
                parent[only] = above;
            }
            child[2 * node] = free;
            free = node;
            node = only == NONE ? above : NONE;
        }
    }

    private void chain(int node, int newValue) {
        if (newValue >= firstOfValue.length) {
            firstOfValue = grow(firstOfValue, newValue + 1);
        }
        int after = firstOfValue[newValue];
        nextOfValue[node] = after;
        previousOfValue[node] = NONE;
        if (after != NONE) {
            previousOfValue[after] = node;
        }
        firstOfValue[newValue] = node;
        value[node] = newValue;
        size++;
    }

    private void unchain(int node) {
        if (value[node] == NONE) {
            return;
        }
        int before = previousOfValue[node];
        int after = nextOfValue[node];
        if (before == NONE) {
            firstOfValue[value[node]] = after;
        } else {
            nextOfValue[before] = after;
        }
        if (after != NONE) {
            previousOfValue[after] = before;
        }
        value[node] = NONE;
        size--;
    }

    private int newNode(int domain, boolean v6, long high, long low, int bits) {
        int node = free;
        if (node == NONE) {
            if (used == value.length) {
                growNodes(Math.max(16, used + used / 2));
            }
            node = used++;
        } else {
            free = child[2 * node];
        }
        keyHigh[node] = bits >= 64 ? high : bits == 0 ? 0 : high & -1L << (64 - bits);
        keyLow[node] = bits == 128 ? low : bits <= 64 ? 0 : low & -1L << (128 - bits);
        shape[node] = (short) (v6 ? 256 + bits : bits);
        domainOf[node] = domain;
        child[2 * node] = NONE;
        child[2 * node + 1] = NONE;
        parent[node] = NONE;
        value[node] = NONE;
        return node;
    }

    private void growNodes(int capacity) {
        keyHigh = Arrays.copyOf(keyHigh, capacity);
        keyLow = Arrays.copyOf(keyLow, capacity);
        shape = Arrays.copyOf(shape, capacity);
        domainOf = Arrays.copyOf(domainOf, capacity);
        child = Arrays.copyOf(child, 2 * capacity);
        parent = Arrays.copyOf(parent, capacity);
        value = Arrays.copyOf(value, capacity);
        nextOfValue = Arrays.copyOf(nextOfValue, capacity);
        previousOfValue = Arrays.copyOf(previousOfValue, capacity);
    }

    private static int[] grow(int[] indexes, int atLeast) {
        int[] grown = Arrays.copyOf(indexes, Math.max(atLeast, indexes.length * 2));
        Arrays.fill(grown, indexes.length, grown.length, NONE);
        return grown;
    }

    private int rootOf(int domain, boolean v6) {
        int index = 2 * domain + (v6 ? 1 : 0);
        return index >= 0 && index < root.length ? root[index] : NONE;
    }

    private int first(int ofValue) {
        return ofValue >= 0 && ofValue < firstOfValue.length ? firstOfValue[ofValue] : NONE;
    }

    private int bitsOf(int node) {
        return shape[node] & 0xff;
    }

    private boolean covers(int node, int bits, long high, long low) {
        if (bits <= 64) {
            return bits == 0 || (keyHigh[node] ^ high) >>> (64 - bits) == 0;
        }
        return keyHigh[node] == high && (keyLow[node] ^ low) >>> (128 - bits) == 0;
    }

    private int commonBits(int node, int other) {
        long high = keyHigh[node] ^ keyHigh[other];
        return high != 0
                ? Long.numberOfLeadingZeros(high)
                : 64 + Long.numberOfLeadingZeros(keyLow[node] ^ keyLow[other]);
    }

    private static int bit(long high, long low, int at) {
        return (int) ((at < 64 ? high >>> (63 - at) : low >>> (127 - at)) & 1);
    }
}
