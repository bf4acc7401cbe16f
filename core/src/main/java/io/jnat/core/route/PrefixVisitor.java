package io.jnat.core.route;

/** Is shown the prefixes of a {@link PrefixTable}; must not change it meanwhile. */
@FunctionalInterface
public interface PrefixVisitor {
    /**
     * One prefix.
     *
     * @param domain routing domain
     * @param v6 whether it is IPv6
     * @param high upper half of the IPv6 address; 0 for IPv4
     * @param low lower half, or the IPv4 address as an unsigned 32-bit value
     * @param bits length of the prefix
     */
    void visit(int domain, boolean v6, long high, long low, int bits);
}
