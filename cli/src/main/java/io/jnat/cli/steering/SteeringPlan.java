package io.jnat.cli.steering;

import java.util.List;

/**
 * What has to be changed on a host, in order.
 *
 * @param guards fail closed: made before the engine exists, kept when it dies
 * @param steering what leads packets into the TUN devices, made once these exist
 * @param ports that belong to the engine
 * @param warnings what will not work, and what to do
 * @param problems the same of what keeps packets from passing altogether
 */
record SteeringPlan(
        List<SteeringChange> guards,
        List<SteeringChange> steering,
        EnginePorts ports,
        List<String> warnings,
        List<String> problems) {
    /** Copies the lists. */
    SteeringPlan {
        guards = List.copyOf(guards);
        steering = List.copyOf(steering);
        warnings = List.copyOf(warnings);
        problems = List.copyOf(problems);
    }
}
