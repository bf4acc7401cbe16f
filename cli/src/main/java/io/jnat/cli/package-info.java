/**
 * The {@code jnat} command. Start reading at {@link io.jnat.cli.Jnat}. May import everything; it
 * is, with its sub-packages, the only one that prints or exits.
 */
@NullMarked
package io.jnat.cli;

import org.jspecify.annotations.NullMarked;
