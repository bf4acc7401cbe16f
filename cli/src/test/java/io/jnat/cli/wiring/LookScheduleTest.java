package io.jnat.cli.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** At which seconds the host is looked at, by those at which something changed. */
final class LookScheduleTest {
    private static List<Integer> looks(int seconds, Set<Integer> changes) {
        return looks(seconds, changes, Set.of());
    }

    private static List<Integer> looks(int seconds, Set<Integer> changes, Set<Integer> removals) {
        LookSchedule schedule = new LookSchedule();
        List<Integer> looks = new ArrayList<>();
        for (int second = 1; second <= seconds; second++) {
            if (schedule.isDue(
                    second,
                    changes.contains(second) || removals.contains(second),
                    removals.contains(second))) {
                looks.add(second);
            }
        }
        return looks;
    }

    @Test
    void aQuietHostIsLookedAtOnceAMinute() {
        assertEquals(List.of(10, 70, 130), looks(140, Set.of()));
    }

    @Test
    void aChangeIsLookedAtAtOnceAndOnceMore() {
        assertEquals(List.of(10, 33, 43, 103), looks(110, Set.of(33)));
    }

    @Test
    void manyChangesWaitForThePause() {
        Set<Integer> each = Set.of(31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42);
        assertEquals(List.of(10, 31, 41, 51, 61), looks(80, each));
    }

    @Test
    void whatSomebodyRemovesIsLookedAtSoonAfterAnotherLook() {
        assertEquals(List.of(10, 31, 33, 43, 103), looks(110, Set.of(31), Set.of(32)));
        Set<Integer> each = Set.of(31, 32, 33, 34, 35, 36, 37);
        assertEquals(List.of(10, 31, 33, 35, 37, 47), looks(60, Set.of(), each));
    }

    @Test
    void whereNothingIsAnnouncedItIsLookedAtEveryTenSeconds() {
        assertEquals(
                List.of(10, 20, 30),
                looks(
                        30,
                        Set.copyOf(
                                java.util.stream.IntStream.rangeClosed(1, 30).boxed().toList())));
    }
}
