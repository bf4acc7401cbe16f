package io.jnat.cli.why;

import io.jnat.core.engine.EngineCommand;
import io.jnat.core.stat.DropReason;
import io.jnat.nat.Asked;
import io.jnat.nat.Explanation;
import io.jnat.nat.Explanation.Outcome;
import io.jnat.nat.NatCommand;
import io.jnat.nat.NatPolicy;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks the other end of the tunnel about a packet, and answers it; sends and echoes probes of the
 * path.
 *
 * <p>The other end may be in an attacker's hands. It is answered about two kinds of packets only:
 * those that it could send through the tunnel itself, and those from outside that would end up with
 * it. Of what is refused it learns that and no more: no rule, and for addresses that are refused
 * because of what lies behind this end, not even that. See decision 012.
 */
public final class OtherEnds implements AutoCloseable {
    private static final int WAITING = 32;
    private static final int TRIES = 3;
    private static final long TRY_MILLIS = 500;

    /** How this end explains a packet. */
    @FunctionalInterface
    interface Explainer {
        /**
         * Explains.
         *
         * @param packet as it comes in
         * @param peer that it comes from; -1: from outside
         * @return null when it can't be said now
         */
        @Nullable Explanation explain(ByteBuffer packet, int peer) throws InterruptedException;
    }

    /** Takes an echo. On the engine thread. */
    @FunctionalInterface
    public interface EchoListener {
        /**
         * A probe was echoed.
         *
         * @param peer that echoed it
         * @param id of the probe
         * @param packetBytes of the packet that it came in, or so the peer says
         */
        void onEcho(int peer, long id, int packetBytes);
    }

    /** A message that came. */
    private record Heard(int peer, int from, EndMessage message) {}

    /** A question that waits. */
    private record Asking(int peer, CompletableFuture<EndMessage.Answer> answer) {}

    private final Consumer<EngineCommand> engine;
    private final NatPolicy policy;
    private final Explainer explainer;
    private final int tunnelLink;
    private final BooleanSupplier answers;
    private final BlockingQueue<Heard> heard = new ArrayBlockingQueue<>(WAITING);
    private final Map<Long, Asking> asking = new ConcurrentHashMap<>();
    private final SecureRandom random = new SecureRandom();
    private volatile EchoListener echoes = (_, _, _) -> {};
    private final Thread thread =
            Thread.ofPlatform().daemon().name("other-ends").unstarted(this::run);

    /**
     * Starts to listen.
     *
     * @param engine takes commands
     * @param tunnelLink id of the tunnel's link
     * @param answers whether other ends are answered at all
     */
    OtherEnds(
            Consumer<EngineCommand> engine,
            NatPolicy policy,
            Explainer explainer,
            int tunnelLink,
            BooleanSupplier answers) {
        this.engine = engine;
        this.policy = policy;
        this.explainer = explainer;
        this.tunnelLink = tunnelLink;
        this.answers = answers;
        thread.start();
        engine.accept(new NatCommand.ListenToEnds(policy, this::onMessage));
    }

    /** On the engine thread. */
    private void onMessage(int peer, int from, ByteBuffer bytes, int packetBytes) {
        switch (EndMessage.decode(bytes, packetBytes)) {
            case EndMessage.Answer answer -> {
                Asking waiting = asking.get(answer.id());
                if (waiting != null && waiting.peer() == peer) {
                    waiting.answer().complete(answer);
                }
            }
            case EndMessage.Echo echo -> echoes.onEcho(peer, echo.id(), echo.packetBytes());
            case EndMessage.Question question -> {
                if (answers.getAsBoolean()) {
                    hear(new Heard(peer, from, question));
                }
            }
            case EndMessage.Probe probe -> hear(new Heard(peer, from, probe));
            case null -> {}
        }
    }

    private void hear(Heard message) {
        boolean ignored = heard.offer(message); // too many: it asks again
    }

    private void run() {
        try {
            while (true) {
                Heard next = heard.take();
                switch (next.message()) {
                    case EndMessage.Question question -> answer(next, question);
                    case EndMessage.Probe probe ->
                            send(next, new EndMessage.Echo(probe.id(), probe.packetBytes()));
                    case EndMessage.Answer _, EndMessage.Echo _ -> {} // have been heard
                }
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private void answer(Heard asker, EndMessage.Question question) throws InterruptedException {
        ByteBuffer packet = question.packet();
        Explanation explained;
        try {
            explained = explainer.explain(packet, question.outside() ? -1 : asker.peer());
        } catch (IllegalArgumentException | IllegalStateException notNow) {
            return; // no public address, or an engine that stops: as if the question was lost
        }
        if (explained != null) {
            send(asker, told(question, asker.peer(), explained, tunnelLink));
        }
    }

    private void send(Heard to, EndMessage message) {
        engine.accept(new NatCommand.SendToEnd(policy, to.peer(), to.from(), message.encoded()));
    }

    /** From now on, echoes go to a listener. */
    public void onEcho(EchoListener listener) {
        echoes = listener;
    }

    /**
     * Sends a probe of the path to a peer; it may get lost.
     *
     * @param packetBytes of the packet in the tunnel; nobody may fragment the datagram around it
     */
    public void probe(int peer, long id, int packetBytes) {
        ByteBuffer probe = new EndMessage.Probe(id, packetBytes).encoded();
        engine.accept(new NatCommand.MeasurePath(policy, peer, probe, packetBytes));
    }

    /** What the asker may know of an explanation. */
    static EndMessage.Answer told(
            EndMessage.Question question, int asker, Explanation explained, int tunnelLink) {
        boolean forwarded = explained.outcome() == Outcome.FORWARDED;
        boolean intoTunnel = forwarded && explained.outLink() == tunnelLink;
        boolean toAsker = intoTunnel && explained.outPeer() == asker;
        if (question.outside() && !toAsker) {
            return new EndMessage.Answer(
                    question.id(),
                    EndMessage.Answer.NOT_TOLD,
                    0,
                    EndMessage.WayOut.NONE,
                    List.of(),
                    ByteBuffer.allocate(0));
        }
        List<EndMessage.Step> steps = new ArrayList<>();
        for (Explanation.Step step : explained.steps()) {
            steps.add(new EndMessage.Step(step.asked().id(), forwarded ? step.rule() : ""));
        }
        EndMessage.WayOut way =
                !forwarded
                        ? EndMessage.WayOut.NONE
                        : toAsker
                                ? EndMessage.WayOut.TO_ASKER
                                : intoTunnel
                                        ? EndMessage.WayOut.OTHER_PEER
                                        : EndMessage.WayOut.OUTSIDE;
        ByteBuffer leaving = explained.leaving();
        boolean fits = leaving.remaining() <= EndMessage.MAX_PACKET_BYTES;
        return new EndMessage.Answer(
                question.id(),
                explained.outcome().ordinal(),
                reason(explained.reason()),
                way,
                steps,
                fits ? leaving : ByteBuffer.allocate(0));
    }

    /** Which addresses lie behind this end is not told to whoever tries them out. */
    private static int reason(@Nullable DropReason reason) {
        if (reason == null) {
            return 0;
        }
        return reason == DropReason.SPOOFED_SOURCE ? DropReason.NOT_ALLOWED.id() : reason.id();
    }

    /**
     * Asks a peer; waits up to a second and a half.
     *
     * @param to its address in the tunnel; 0 when that is not known
     * @return null when it does not answer: it may be an older jnat, another WireGuard, or down
     */
    EndMessage.@Nullable Answer ask(int peer, int to, boolean outside, ByteBuffer packet)
            throws InterruptedException {
        long id = random.nextLong();
        Asking waiting = new Asking(peer, new CompletableFuture<>());
        asking.put(id, waiting);
        try {
            ByteBuffer question = new EndMessage.Question(id, outside, packet).encoded();
            for (int attempt = 0; attempt < TRIES; attempt++) {
                engine.accept(new NatCommand.SendToEnd(policy, peer, to, question));
                try {
                    return waiting.answer().get(TRY_MILLIS, TimeUnit.MILLISECONDS);
                } catch (TimeoutException lost) {
                    // once more
                } catch (ExecutionException impossible) {
                    throw new IllegalStateException(impossible);
                }
            }
            return null;
        } finally {
            asking.remove(id);
        }
    }

    /** The title of a question by its id; newer ends may ask more. */
    static String title(int question) {
        for (Asked asked : Asked.values()) {
            if (asked.id() == question) {
                return asked.title();
            }
        }
        return "question " + question;
    }

    /** The reason with an id; null when it is a newer one. */
    static @Nullable DropReason reason(int id) {
        for (DropReason reason : DropReason.values()) {
            if (reason.id() == id) {
                return reason;
            }
        }
        return null;
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
