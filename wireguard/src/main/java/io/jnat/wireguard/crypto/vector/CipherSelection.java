package io.jnat.wireguard.crypto.vector;

import io.jnat.wireguard.crypto.JdkPacketCipher;
import io.jnat.wireguard.crypto.PacketCipher;
import io.jnat.wireguard.crypto.ScalarPacketCipher;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Gives each engine thread its cipher, and moves all of them from plain arithmetic to the vector
 * kernels as soon as those are right and fast: see {@link KernelTraining}. Where two vectors may go
 * through the rounds together, that is tried after it. Any thread.
 */
public final class CipherSelection {
    /** What it costs, by the table of docs/decisions/023 and those of docs/cipher.md. */
    private static final String WITHOUT_VECTORS =
            "; without vectors, sealing a full packet takes three to seven times as long";

    private final CipherChoice choice;
    private final Consumer<CipherStatus> listener;
    private final List<SwitchingCipher> ciphers = new ArrayList<>();
    private final String first;
    private volatile CipherStatus status;
    private @Nullable KernelTraining ready;
    private boolean started;

    /**
     * A selection that has not begun; its ciphers are those that need no preparation.
     *
     * @param listener hears, on the training thread, what was settled
     */
    public CipherSelection(CipherChoice choice, Consumer<CipherStatus> listener) {
        this.choice = choice;
        this.listener = listener;
        first = newFirst().name();
        status = new CipherStatus(first, "not started", false);
    }

    private PacketCipher newFirst() {
        return choice == CipherChoice.JDK ? new JdkPacketCipher() : new ScalarPacketCipher();
    }

    /** A cipher for one engine thread. */
    public synchronized PacketCipher newCipher() {
        SwitchingCipher cipher = new SwitchingCipher(newFirst());
        ciphers.add(cipher);
        if (ready != null) {
            cipher.switchTo(ready.newCipher());
        }
        return cipher;
    }

    /** What is in use and why. */
    public CipherStatus status() {
        return status;
    }

    /** Begins to train the kernels on a thread of its own; later calls do nothing. */
    public synchronized void start() {
        if (started) {
            return;
        }
        started = true;
        if (choice == CipherChoice.JDK || choice == CipherChoice.SCALAR) {
            settle(first, "it was asked for");
            return;
        }
        String missing = VectorSupport.missing();
        if (missing != null) {
            settle(first, missing + WITHOUT_VECTORS);
            return;
        }
        VectorWidth width = VectorSupport.width(choice);
        if (width == null) {
            settle(first, VectorSupport.noWidth(choice) + WITHOUT_VECTORS);
            return;
        }
        status =
                new CipherStatus(
                        first, "while " + width.cipherName() + " is being compiled", false);
        Thread.ofPlatform().daemon().name("cipher-training").start(() -> train(width));
    }

    private void train(VectorWidth width) {
        try {
            KernelTraining training = KernelTraining.of(width, choice != CipherChoice.AUTO);
            String reason = training.run();
            if (!training.passed()) {
                settle(first, reason);
                return;
            }
            switchTo(training);
            if (VectorSupport.takesTwo(width)) {
                status = new CipherStatus(training.name(), reason, false);
                reason += "; " + trainTwo(width);
            } else {
                reason += VectorSupport.withoutTwo(width);
            }
            settle(training.name(), reason);
        } catch (ReflectiveOperationException | RuntimeException | Error broken) {
            // memory that ran out, too: others wait for what is settled here
            settle(first, width.cipherName() + " failed: " + broken);
        }
    }

    /** Returns what came of it, for people; if nothing, what is in use stays. */
    private String trainTwo(VectorWidth width) {
        try {
            KernelTraining training = KernelTraining.ofTwo(width);
            String reason = training.run();
            if (training.passed()) {
                takeTwo(training);
            }
            return reason;
        } catch (ReflectiveOperationException | RuntimeException | Error broken) {
            return "two vectors at once failed: " + broken;
        }
    }

    private synchronized void switchTo(KernelTraining training) {
        ready = training;
        for (SwitchingCipher cipher : ciphers) {
            cipher.switchTo(training.newCipher());
        }
    }

    private synchronized void takeTwo(KernelTraining training) {
        ready = training;
        ciphers.forEach(SwitchingCipher::takeTwo);
    }

    private void settle(String name, String reason) {
        String wrong = CipherChoice.wrongProperty();
        CipherStatus settled =
                new CipherStatus(name, wrong.isEmpty() ? reason : reason + "; " + wrong, true);
        status = settled;
        listener.accept(settled);
    }
}
