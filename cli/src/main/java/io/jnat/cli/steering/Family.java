package io.jnat.cli.steering;

/** IPv4 or IPv6, as {@code ip} wants it. */
enum Family {
    IPV4("-4"),
    IPV6("-6");

    private final String option;

    Family(String option) {
        this.option = option;
    }

    String option() {
        return option;
    }
}
