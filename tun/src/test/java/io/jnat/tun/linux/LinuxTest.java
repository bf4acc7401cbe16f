package io.jnat.tun.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

/** What is set for one thread holds for that thread alone. */
final class LinuxTest {
    private static <T> T onOwnThread(Callable<T> body) throws Exception {
        FutureTask<T> task = new FutureTask<>(body);
        new Thread(task).start();
        try {
            return task.get();
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof Exception cause ? cause : failed;
        }
    }

    @Test
    void theNiceValueIsTheThreadsOwn() throws Exception {
        int before = Linux.niceOfThisThread();
        int seen =
                onOwnThread(() -> {
                    Linux.setNiceOfThisThread(11);
                    return Linux.niceOfThisThread();
                });
        assertEquals(11, seen);
        assertEquals(before, Linux.niceOfThisThread());
    }

    @Test
    void aPinnedThreadMayRunOnItsCoreOnly() throws Exception {
        String allowed =
                onOwnThread(() -> {
                    Linux.pinThisThread(0);
                    return Files.readString(Path.of("/proc/thread-self/status"));
                });
        assertTrue(allowed.contains("Cpus_allowed_list:\t0\n"), allowed);
    }

    @Test
    void theCoresOfAThreadAreThoseThatItMayRunOn() throws Exception {
        List<Integer> all = Linux.coresOfThisThread();
        List<Integer> seen =
                onOwnThread(() -> {
                    Linux.pinThisThread(all.getLast());
                    return Linux.coresOfThisThread();
                });
        assertEquals(List.of(all.getLast()), seen);
        assertEquals(all, Linux.coresOfThisThread());
    }

    @Test
    void aCoreThatIsNotThereIsExplained() {
        IOException failure =
                assertThrows(IOException.class, () -> onOwnThread(LinuxTest::pinFarOut));
        assertTrue(failure.getMessage().contains("EINVAL (22)"), failure.getMessage());
        assertThrows(IllegalArgumentException.class, () -> Linux.pinThisThread(-1));
    }

    private static Void pinFarOut() throws IOException {
        Linux.pinThisThread(1023);
        return null;
    }
}
