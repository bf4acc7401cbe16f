/**
 * What each step of the data path may cost, in one file ({@code budgets.txt}), and how that is
 * measured and compared. Start reading at {@link io.jnat.bench.budget.Budgets}. May import JMH.
 */
@NullMarked
package io.jnat.bench.budget;

import org.jspecify.annotations.NullMarked;
