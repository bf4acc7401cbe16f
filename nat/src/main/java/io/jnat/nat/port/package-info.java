/**
 * External ports and their allocation; start with {@link io.jnat.nat.port.PortPool}. Imports
 * nothing of jnat.
 */
@NullMarked
package io.jnat.nat.port;

import org.jspecify.annotations.NullMarked;
