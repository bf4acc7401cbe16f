package io.jnat.nat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How full and how busy the translator is.
 *
 * @param flows now
 * @param flowCapacity most
 * @param mappings now
 * @param evicted half-open or closing flows that made room for others
 * @param refused flows that found no room
 * @param heldFragments that wait for their first one
 * @param busiest device that has opened the most of the flows that are there; null: none has any
 * @param limited who was last refused a flow because it had too many or opened them too fast; null:
 *     nobody was
 * @param rules what each rule has let through
 */
public record NatReport(
        int flows,
        int flowCapacity,
        int mappings,
        long evicted,
        long refused,
        int heldFragments,
        @Nullable Opener busiest,
        @Nullable Opener limited,
        List<Rule> rules) {

    /**
     * Somebody who opens flows.
     *
     * @param peer tunnel peer that it is behind; -1 when it is not behind the tunnel
     * @param address its own
     * @param flows that it has opened and that are there now
     */
    public record Opener(int peer, String address, int flows) {}

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
