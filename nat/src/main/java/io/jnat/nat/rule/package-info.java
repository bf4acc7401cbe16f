/**
 * The rules: what is configured, and how a packet asks for it. Start with {@link
 * io.jnat.nat.rule.NatConfig}, which says everything; {@link io.jnat.nat.rule.RuleSet} is compiled
 * from it, and what it answers is put in order by {@code nat.Judge}. May import {@code core} and
 * {@code nat.flow}.
 */
@NullMarked
package io.jnat.nat.rule;

import org.jspecify.annotations.NullMarked;
