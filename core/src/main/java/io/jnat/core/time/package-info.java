/**
 * Time: {@link io.jnat.core.time.Clock} is the one reader of the clock, {@link
 * io.jnat.core.time.DeadlineWheel} keeps deadlines. Imports nothing of jnat.
 */
@NullMarked
package io.jnat.core.time;

import org.jspecify.annotations.NullMarked;
