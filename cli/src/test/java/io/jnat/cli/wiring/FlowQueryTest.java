package io.jnat.cli.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.jnat.cli.config.ConfigReader;
import io.jnat.core.wire.Protocol;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("N56")
final class FlowQueryTest {
    @TempDir private Path folder;

    private FlowQuery query;

    @BeforeEach
    void router() throws Exception {
        Path file = folder.resolve("router.toml");
        Files.writeString(
                file,
                """
                role = "router"
                lan = ["eth1"]
                wan = "eth0"
                [tunnel]
                address = "10.99.0.2/24"
                private-key-file = "router.key"
                [relay]
                endpoint = "198.51.100.1:51820"
                public-key = "nUfail2MJBkdVu/KW4cKCRajwj47C5VA2a4Tf3c0JTg="
                """);
        Path key = folder.resolve("router.key");
        Files.writeString(key, "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=\n");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        query = new FlowQuery(ConfigReader.load(file).config(), List.of());
    }

    @Test
    void protocolsAreAskedForByTheNameThatFlowsHave() {
        assertEquals(Protocol.ICMPV6, query.parse(List.of("proto=icmpv6")).protocol());
        assertEquals(Protocol.ICMP, query.parse(List.of("proto=icmp")).protocol());
    }

    @Test
    void eachStateThatThereIsIsNamedOnce() {
        IllegalArgumentException wrong =
                assertThrows(
                        IllegalArgumentException.class, () -> query.parse(List.of("state=shut")));
        assertEquals(
                "state=shut: no such state (expected one of: one-way, two-way, opening,"
                        + " established, half-closed, closed, reset, picked-up, held)",
                wrong.getMessage());
    }
}
