/**
 * The laboratory: network namespaces with an internet client, a VPS, a carrier-grade NAT, a site
 * and its devices, in which a real relay and a real router run as processes, and what sends,
 * listens and looks in them. Start reading at {@link io.jnat.cli.lab.NetworkLab}; {@link
 * io.jnat.cli.lab.LabFiles} are the configurations, {@link io.jnat.cli.lab.JnatProcess} is one end.
 * {@code jnat demo}, {@code jnat bench} and the end-to-end tests work in it.
 *
 * <p>May import {@code cli.control} and {@code bench.voice}; nothing of the data path: it is seen
 * from outside only.
 */
@NullMarked
package io.jnat.cli.lab;

import org.jspecify.annotations.NullMarked;
