package io.jnat.cli.steering;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import org.junit.jupiter.api.Test;

final class ProgramRunnerTest {
    @Test
    void whatKeepsAProgramFromStartingIsSaidWithWhatHelps() {
        assertEquals(
                "sh could not be started: Cannot run program \"sh\": error: 24 (Too many open files);"
                        + " allow this process more (ulimit -n, LimitNOFILE= in a unit)",
                said(
                        "Cannot run program \"sh\": error: 24 (Too many open files) \nRe-install JDK"));
        assertEquals(
                "sh could not be started: error=2, No such file or directory; install it: apt-get"
                        + " install iproute2 nftables",
                said("error=2, No such file or directory"));
    }

    private static String said(String why) {
        return ProgramRunner.notThere("sh", new IOException(why)).getMessage();
    }
}
