/** The one reader of the clock, and deadlines. Imports nothing of jnat. */
@NullMarked
package io.jnat.core.time;

import org.jspecify.annotations.NullMarked;
