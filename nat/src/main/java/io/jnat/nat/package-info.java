/**
 * NAT, firewall and policy routing. Start with {@link io.jnat.nat.NatPolicy}, the way of a packet
 * through this module; rules go in as {@link io.jnat.nat.NatConfig}, compiled to a {@link
 * io.jnat.nat.RuleSet}, by {@link io.jnat.nat.NatCommand}. May import {@code core} and its own
 * sub-packages.
 */
@NullMarked
package io.jnat.nat;

import org.jspecify.annotations.NullMarked;
