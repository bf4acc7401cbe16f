package io.jnat.nat.rule;

/**
 * How the source of outgoing flows is translated (RFC 4787 sections 4 and 5).
 *
 * @param mapping what an inside endpoint's external endpoint depends on
 * @param filtering what else may come in by an external endpoint, besides answers
 * @param staticPort whether a source port of TCP or UDP that can't be kept is refused, not replaced
 * @param lifetime of the flows
 */
public record Behaviour(
        Dependence mapping, Dependence filtering, boolean staticPort, Lifetime lifetime) {
    /** What RFC 4787 and RFC 5382 ask for, with the stricter filter. */
    public static final Behaviour DEFAULT =
            new Behaviour(Dependence.NOTHING, Dependence.ADDRESS, false, Lifetime.DEVICE_ONLY);

    /** What of the remote endpoint matters. */
    public enum Dependence {
        /** Endpoint-independent. */
        NOTHING("endpoint-independent"),
        /** Address-dependent. */
        ADDRESS("address-dependent"),
        /** Address- and port-dependent. */
        ADDRESS_AND_PORT("address-and-port-dependent");

        private final String text;

        Dependence(String text) {
            this.text = text;
        }

        /** The RFC's word for it, as in the configuration. */
        public String text() {
            return text;
        }
    }
}
