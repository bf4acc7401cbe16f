package io.jnat.cli.steering;

/** IPv4 or IPv6, as {@code ip} wants it. */
enum Family {
    IPV4("-4", "icmp"),
    IPV6("-6", "ipv6-icmp");

    private final String option;
    private final String icmp;

    Family(String option, String icmp) {
        this.option = option;
        this.icmp = icmp;
    }

    String option() {
        return option;
    }

    String icmp() {
        return icmp;
    }
}
