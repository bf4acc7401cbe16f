/**
 * End to end: real processes, real TUN devices, in the network namespaces of {@link
 * io.jnat.cli.lab.NetworkLab}. {@link io.jnat.cli.e2e.ForwardingContract} holds what everybody must
 * meet: jnat, the kernel with wireguard-go, and each of them at one end. Run by failsafe as root.
 */
package io.jnat.cli.e2e;
