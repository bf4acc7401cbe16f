/**
 * Time: {@link io.jnat.core.time.Clock} is the one reader of the clock. Imports nothing of jnat.
 */
@NullMarked
package io.jnat.core.time;

import org.jspecify.annotations.NullMarked;
