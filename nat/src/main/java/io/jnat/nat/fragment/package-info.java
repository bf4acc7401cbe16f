/**
 * Virtual reassembly: fragments follow the first one of their packet; start with {@link
 * io.jnat.nat.fragment.FragmentTable}. May import {@code core}.
 */
@NullMarked
package io.jnat.nat.fragment;

import org.jspecify.annotations.NullMarked;
