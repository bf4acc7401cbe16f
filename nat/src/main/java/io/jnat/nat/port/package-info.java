/**
 * External ports and their allocation; start with {@link io.jnat.nat.port.PortPool}. May import
 * {@code core}.
 */
@NullMarked
package io.jnat.nat.port;

import org.jspecify.annotations.NullMarked;
