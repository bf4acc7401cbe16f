/**
 * {@code jnat why}: what would become of a packet, at this end and at the other one. Start reading
 * at {@link io.jnat.cli.why.WhyOperation}; {@link io.jnat.cli.why.OtherEnds} asks and answers
 * through the tunnel. May import {@code core}, {@code nat}, {@code wireguard}, {@code cli.config},
 * {@code cli.control} and {@code cli.steering}.
 */
@NullMarked
package io.jnat.cli.why;

import org.jspecify.annotations.NullMarked;
