package io.jnat.tun;

/**
 * Whether something is done by the kernel for many packets at once, or for many flows beside each
 * other, as {@code status} shows it.
 *
 * @param name what: {@code tso}, {@code uso}, {@code checksum}, {@code queues}, {@code udp-gso},
 *     {@code udp-gro}
 * @param on whether it is in use
 * @param reason why it is off; empty when it is on
 */
public record Offload(String name, boolean on, String reason) {}
