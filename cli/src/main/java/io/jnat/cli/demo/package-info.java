/**
 * {@code jnat demo}: the whole system on one machine, and step by step what works. Start reading at
 * {@link io.jnat.cli.demo.Demo}, the story that it tells in the laboratory of {@code cli.lab}.
 *
 * <p>May import {@code cli.lab}, the commands' shared types, HdrHistogram and {@code bench.voice};
 * nothing of the data path: what is shown here is seen from outside only.
 */
@NullMarked
package io.jnat.cli.demo;

import org.jspecify.annotations.NullMarked;
