# What the scripts beside it share that measure jnat and another in turn; sourced. They set rounds and work (a
# folder of their own), and say with measure what is measured of a system.

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# iperf3 would take what is no number for without end.
need_number() { # NAME VALUE
    [[ $2 =~ ^[1-9][0-9]*$ ]] || die "$1 '$2' (expected: a number from 1)"
}

build_jnat() {
    [[ ${JNAT_BUILD:-} == never ]] || "$root/jnat" version >/dev/null || die "jnat does not build"
}

measure_in_turn() { # OTHER: who comes first finds another machine than who comes last, so each does in turn
    local round system order
    for ((round = 1; round <= rounds; round++)); do
        ((round % 2)) && order=(jnat "$1") || order=("$1" jnat)
        for system in "${order[@]}"; do
            echo "${0##*/}: round $round of $rounds, $system" >&2
            measure "$system"
        done
    done
}

note() { # FIGURE VALUE: of the system that is measured
    echo "$system $1 $2" >>"$work/results"
}

# Medians of the rounds and their ratio, a row for each line FIGURE|TITLE|DIGITS of its input.
table() { # OTHER
    python3 -c '
import statistics, sys

path, other = sys.argv[1:3]
values = {}
for line in open(path):
    system, figure, value = line.split()
    values.setdefault((system, figure), []).append(float(value))
jnat, ratio = "jnat", "ratio"
print(f"{str():34}{jnat:>10}{other[:14]:>15}{ratio:>8}")
for line in sys.stdin:
    figure, title, digits = line.rstrip().split("|")
    ours, theirs = (statistics.median(values[(system, figure)]) for system in (jnat, other))
    ratio = f"{ours / theirs:.2f}" if theirs else "-"
    print(f"{title:34}{ours:>10.{digits}f}{theirs:>15.{digits}f}{ratio:>8}")' "$work/results" "$1"
}
