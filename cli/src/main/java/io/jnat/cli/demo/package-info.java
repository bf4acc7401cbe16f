/**
 * A whole jnat system on one machine: network namespaces with an internet client, a VPS, a
 * carrier-grade NAT, a site and its devices, in which a real relay and a real router run as
 * processes. Start reading at {@link io.jnat.cli.demo.NetworkLab}; {@link io.jnat.cli.demo.Demo} is
 * the story that {@code jnat demo} tells with it. The end-to-end tests use the same laboratory.
 *
 * <p>May import the commands' shared types, HdrHistogram and {@code bench.voice}; nothing of the
 * data path: what is shown here is seen from outside only.
 */
@NullMarked
package io.jnat.cli.demo;

import org.jspecify.annotations.NullMarked;
