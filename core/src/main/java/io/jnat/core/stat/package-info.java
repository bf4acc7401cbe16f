/** What is counted: {@link io.jnat.core.stat.DropReason} first. Imports nothing of jnat. */
@NullMarked
package io.jnat.core.stat;

import org.jspecify.annotations.NullMarked;
