/**
 * The flow table, the mappings, the states of each protocol and their expiry; start with {@link
 * io.jnat.nat.flow.FlowTable}. May import {@code core} and {@code nat.port}.
 */
@NullMarked
package io.jnat.nat.flow;

import org.jspecify.annotations.NullMarked;
