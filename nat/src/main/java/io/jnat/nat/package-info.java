/**
 * NAT, firewall and policy routing. Start with {@link io.jnat.nat.NatPolicy}, the way of a packet
 * through this module; rules, which are {@code nat.rule}, go in by {@link
 * io.jnat.nat.NatCommand.ApplyRules}. May import {@code core} and its own sub-packages.
 */
@NullMarked
package io.jnat.nat;

import org.jspecify.annotations.NullMarked;
