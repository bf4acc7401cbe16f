package io.jnat.bench.voice;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Calls between real sockets: for each, one on either side, connected to each other by whatever
 * lies in between. One thread receives for all of them.
 */
public final class SocketPath implements CallPath {
    private static final long LOOK_MILLIS = 20;

    private final List<Call> calls = new ArrayList<>();
    private final Selector selector;
    private final ByteBuffer outgoing = ByteBuffer.allocateDirect(VoicePacket.MOST_BYTES);
    private final ByteBuffer incoming = ByteBuffer.allocateDirect(VoicePacket.MOST_BYTES);
    private @Nullable Thread receiver;
    private volatile boolean receiving;

    /**
     * The two ends of a call.
     *
     * @param internet the caller's socket, connected
     * @param device the called device's, connected
     */
    public record Call(DatagramChannel internet, DatagramChannel device) {}

    /**
     * Takes the sockets over.
     *
     * @param calls by number
     */
    public SocketPath(List<Call> calls) throws IOException {
        selector = Selector.open();
        for (Call call : calls) {
            watch(call.internet);
            watch(call.device);
            this.calls.add(call);
        }
    }

    private void watch(DatagramChannel channel) throws IOException {
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ);
    }

    @Override
    public void start(Recorder recorder) {
        receiving = true;
        receiver =
                Thread.ofPlatform().daemon().name("voice-receiver").start(() -> receive(recorder));
    }

    @Override
    public void send(int run, int call, Direction direction, int sequence, long dueNanos, int bytes)
            throws IOException {
        Call ends = calls.get(call);
        DatagramChannel from = direction == Direction.TO_SITE ? ends.internet : ends.device;
        outgoing.clear()
                .limit(Math.min(bytes, VoicePacket.MOST_BYTES))
                .putInt(VoicePacket.RUN, run)
                .putShort(VoicePacket.CALL, (short) call)
                .putShort(VoicePacket.DIRECTION, (short) direction.ordinal())
                .putInt(VoicePacket.SEQUENCE, sequence)
                .putLong(VoicePacket.DUE, dueNanos);
        try {
            from.write(outgoing);
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException refused) {
            // Or an answer to an earlier packet that was; the loss will show it.
        }
    }

    private void receive(Recorder recorder) {
        GeneratorThread.prepare();
        Consumer<SelectionKey> drain = key -> drain((DatagramChannel) key.channel(), recorder);
        try {
            while (receiving) {
                selector.select(drain, LOOK_MILLIS);
            }
        } catch (IOException | ClosedSelectorException e) {
            // Closed: the run was ended from outside.
        }
    }

    private void drain(DatagramChannel channel, Recorder recorder) {
        try {
            while (channel.read(incoming.clear()) > 0) {
                long nowNanos = System.nanoTime();
                if (incoming.position() >= VoicePacket.BYTES) {
                    recorder.arrived(
                            incoming.getInt(VoicePacket.RUN),
                            incoming.getShort(VoicePacket.CALL),
                            incoming.getShort(VoicePacket.DIRECTION),
                            incoming.getInt(VoicePacket.SEQUENCE),
                            incoming.getLong(VoicePacket.DUE),
                            nowNanos);
                }
            }
        } catch (IOException e) {
            // Unreachable for a moment: counted as loss.
        }
    }

    @Override
    public void stop() {
        receiving = false;
        Thread running = receiver;
        if (running != null) {
            selector.wakeup();
            boolean interrupted = Thread.interrupted();
            try {
                running.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() throws IOException {
        stop();
        for (Call call : calls) {
            call.internet.close();
            call.device.close();
        }
        selector.close();
    }
}
