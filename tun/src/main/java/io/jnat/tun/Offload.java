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
public record Offload(String name, boolean on, String reason) {
    /** What it costs that it is off, for people; empty when {@link #reason} says it. */
    public String cost() {
        return switch (name) {
            case "queues" -> "";
            case "checksum" ->
                    "the checksum of each packet is computed, which takes processor time";
            default -> "each packet of a transfer takes a system call of its own";
        };
    }

    /** Why it is off, and what that costs, for people; empty when it is on. */
    public String whyOff() {
        return on ? "" : cost().isEmpty() ? reason : reason + "; " + cost();
    }
}
