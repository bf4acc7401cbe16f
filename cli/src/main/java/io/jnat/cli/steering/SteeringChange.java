package io.jnat.cli.steering;

/**
 * One change to the host that can be taken back. Both commands may be run twice: making what is
 * there already, or taking back what is gone, does no harm.
 *
 * @param purpose what it is for
 * @param apply makes it
 * @param undo takes it back, and touches nothing else
 */
record SteeringChange(String purpose, Command apply, Command undo) {

    /** Whether both are about the same thing on the host, so that one takes the other's place. */
    boolean replaces(SteeringChange other) {
        return apply.equals(other.apply) || undo.equals(other.undo);
    }
}
