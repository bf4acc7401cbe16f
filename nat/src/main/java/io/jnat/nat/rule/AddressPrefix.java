package io.jnat.nat.rule;

/** A network of either version. */
public sealed interface AddressPrefix permits Ipv4Prefix, Ipv6Prefix {}
