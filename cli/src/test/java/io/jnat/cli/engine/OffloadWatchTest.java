package io.jnat.cli.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jnat.tun.Offload;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class OffloadWatchTest {
    private static final Offload TSO = new Offload("tso", true, "");
    private static final Offload NO_USO = new Offload("uso", false, "the kernel refused it");
    private static final Offload NO_TSO = new Offload("tso", false, "the kernel refused it");
    private static final String COST = "; each packet of a transfer takes a system call of its own";

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private List<Offload> offloads = List.of(TSO);
    private final OffloadWatch watch =
            new OffloadWatch(
                    () -> Map.of("jnat-wan", offloads),
                    new Log(new PrintStream(said, true, StandardCharsets.UTF_8), true));

    private void look(String expected, Offload... now) {
        offloads = List.of(now);
        watch.look();
        assertEquals(expected, said.toString(StandardCharsets.UTF_8));
        said.reset();
    }

    @Test
    void whatTheKernelLacksIsSaidOnceWithItsCost() {
        look("<6>jnat-wan: without tso, uso: the kernel refused it" + COST + "\n", NO_TSO, NO_USO);
        look("", NO_TSO, NO_USO);
    }

    @Test
    void whatIsRefusedWhileRunningIsSaidWhenItLasts() {
        look("", TSO);
        look("", TSO, NO_USO);
        look("<6>jnat-wan: without uso: the kernel refused it" + COST + "\n", TSO, NO_USO);
        look("", TSO);
        look("", TSO, NO_USO);
        look("", TSO, NO_USO);
    }
}
