package io.jnat.cli.steering;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.Test;

final class SysctlTest {
    /** Not even root writes it. */
    private static final String READ_ONLY = "../kernel/ostype";

    @Test
    void aReadOnlySettingThatIsAsWantedIsNoFailure() throws Exception {
        assertEquals(0, set("Linux"));
        assertNotEquals(0, set("another"));
    }

    private static int set(String value) throws Exception {
        Command apply = Sysctl.change("a test", READ_ONLY, "before", value).apply();
        return new ProcessBuilder(apply.arguments()).redirectErrorStream(true).start().waitFor();
    }
}
