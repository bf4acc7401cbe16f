/**
 * The composition root: builds the running process out of a validated configuration. May import
 * everything.
 */
@NullMarked
package io.jnat.cli.wiring;

import org.jspecify.annotations.NullMarked;
