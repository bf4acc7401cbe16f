package io.jnat.nat;

import java.util.List;

/**
 * How full and how busy the translator is.
 *
 * @param flows now
 * @param flowCapacity most
 * @param mappings now
 * @param evicted half-open or closing flows that made room for others
 * @param refused flows that found no room
 * @param heldFragments that wait for their first one
 * @param rules what each rule has let through
 */
public record NatReport(
        int flows,
        int flowCapacity,
        int mappings,
        long evicted,
        long refused,
        int heldFragments,
        List<Rule> rules) {

    /**
     * One rule's counters, kept over reloads.
     *
     * @param name kind and name: {@code forward dmr}; built-in ones in parentheses
     * @param flows opened
     * @param packets in both directions
     * @param bytes in both directions
     */
    public record Rule(String name, long flows, long packets, long bytes) {}
}
