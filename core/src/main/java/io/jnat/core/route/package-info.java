/**
 * The longest-prefix table that serves routing and AllowedIPs: {@link
 * io.jnat.core.route.PrefixTable}. Imports nothing of jnat.
 */
@NullMarked
package io.jnat.core.route;

import org.jspecify.annotations.NullMarked;
