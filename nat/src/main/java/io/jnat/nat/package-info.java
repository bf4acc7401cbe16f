/**
 * The translator and the rules compiled from the configuration. May import {@code core} and its own
 * sub-packages.
 */
@NullMarked
package io.jnat.nat;

import org.jspecify.annotations.NullMarked;
