/**
 * The composition root: builds the running process out of a validated configuration. Start reading
 * at {@link io.jnat.cli.wiring.Instance}. May import everything.
 */
@NullMarked
package io.jnat.cli.wiring;

import org.jspecify.annotations.NullMarked;
