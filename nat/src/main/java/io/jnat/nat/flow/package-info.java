/**
 * The flow table, the mappings, the states of each protocol and their expiry; start with {@link
 * io.jnat.nat.flow.FlowTable}. May import {@code core}.
 */
@NullMarked
package io.jnat.nat.flow;

import org.jspecify.annotations.NullMarked;
