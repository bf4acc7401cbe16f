# What ./jnat and ./verify share; sourced by both. Sets nothing but functions.

# Prints the home of a JDK that can build and run jnat, and the version after it on a second line.
# Exactly the release that jnat is built for is preferred to a newer one. No java is started:
# the version is read from the JDK's release file.
find_jdk() {
    local wanted=25 home line version modules major exact='' newer=''
    local homes=("${JAVA_HOME:-}")
    for line in java javac; do
        line=$(type -P "$line") && homes+=("$(readlink -f -- "$line")")
    done
    local people=(~) # not $HOME, which a system service may lack
    if [[ -n ${SUDO_USER:-} && $SUDO_USER =~ ^[a-z_][a-z0-9_.-]*$ ]]; then
        eval "line=~$SUDO_USER" && people+=("$line")
    fi
    homes+=(/usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /opt/* /opt/java/* /opt/jdk/* /usr/local/*jdk* /usr/local/lib/jvm/* /snap/openjdk/current/jdk)
    for line in "${people[@]}"; do
        homes+=("$line"/.sdkman/candidates/java/* "$line"/.jdks/* "$line"/.local/share/mise/installs/java/* "$line"/.asdf/installs/java/* "$line"/.jbang/currentjdk)
    done
    for home in "${homes[@]}"; do
        home=${home%/bin/java}
        home=${home%/bin/javac}
        [[ -n $home && -x $home/bin/java && -x $home/bin/javac && -r $home/release ]] || continue
        version=''
        modules=''
        while IFS= read -r line; do
            [[ $line != MODULES=* ]] || modules=$line
            [[ $line == JAVA_RUNTIME_VERSION=* || ($line == JAVA_VERSION=* && -z $version) ]] || continue
            version=${line#*=}
            version=${version//\"/}
        done <"$home/release"
        major=${version%%[!0-9]*}
        [[ -n $major ]] || continue
        # One that somebody has put together without it neither builds jnat nor starts with its options.
        [[ -z $modules || $modules == *jdk.incubator.vector* ]] || continue
        if ((major == wanted)); then
            exact=$home$'\n'$version
            break
        elif ((major > wanted)) && [[ -z $newer ]]; then
            newer=$home$'\n'$version
        fi
    done
    [[ -n $exact$newer ]] || return 1
    printf '%s\n' "${exact:-$newer}"
}

# How to get a JDK, in one line.
no_jdk() {
    echo "$1: no JDK 25 or newer found; install one (https://adoptium.net/temurin/releases/?version=25, or: sdk install java 25-tem), or set JAVA_HOME to it" >&2
}

# missing_packages FILE PURPOSE...: prints the packages of these purposes that are not there.
missing_packages() {
    local file=$1 package purpose command status
    shift
    while read -r package purpose command; do
        [[ -n $package && $package != '#'* && " $* " == *" $purpose "* ]] || continue
        if [[ $command != - ]] && PATH=$PATH:/usr/sbin:/sbin type -P "$command" >/dev/null; then
            continue
        fi
        status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)
        [[ $status == installed ]] || echo "$package"
    done <"$file"
}

# install_packages LOG PACKAGE...: quietly, without recommended packages, and without letting
# a package start or enable a service: these are tools here.
install_packages() (
    log=$1
    shift
    policy=/usr/sbin/policy-rc.d
    kept=''
    wants() { find /etc/systemd/system -path '*.wants/*' -type l 2>/dev/null | sort; }
    put_back() {
        rm -f "$policy"
        [[ -z $kept ]] || mv -f "$kept" "$policy"
    }
    if [[ -e $policy || -L $policy ]]; then
        kept=$policy.jnat-kept
        mv -f "$policy" "$kept"
    fi
    trap put_back EXIT
    trap 'exit 130' INT TERM HUP
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    before=$(wants)
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
    apt=(apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
    {
        "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "$@"
    } </dev/null >"$log" 2>&1 || exit 1
    comm -13 <(echo "$before") <(wants) | while IFS= read -r link; do
        [[ -z $link ]] || rm -f -- "$link"
    done
)

# What a build is made from is newer than the last build, or there was none.
is_stale() {
    local root=$1 stamp=$1/cli/target/built
    [[ -e $stamp && -e $root/cli/target/jnat.jar ]] || return 0
    [[ -n $(find "$root"/pom.xml "$root"/.mvn "$root"/{core,tun,nat,wireguard,bench,cli}/{pom.xml,src/main} -newer "$stamp" -print -quit 2>/dev/null) ]]
}

# may_build ROOT COMMAND MESSAGE: fails, and says MESSAGE and what to do, if this user can't write what a build writes.
may_build() {
    local closed=$1/target
    if mkdir -p "$1/target" 2>/dev/null; then
        closed=$(find "$1"/target "$1"/*/target ! -type l ! -writable -print -quit 2>/dev/null)
    fi
    [[ -n $closed ]] || return 0
    if ((EUID == 0)); then
        echo "$3 $closed cannot be written, not even by root; make its file system writable, or start what is built with JNAT_BUILD=never" >&2
    elif [[ -O $1 && -e $1/target ]]; then
        echo "$3 $closed cannot be written; in $1: sudo chown -R --reference=. target */target" >&2
    else
        echo "$3 $closed cannot be written; run $2 as the owner of $1" >&2
    fi
    return 1
}

# Fails if another build of this tree runs; the lock is held until unlock_build or exit.
try_lock_build() {
    mkdir -p "$1/target"
    exec 9>"$1/target/build.lock"
    flock -n 9
}

# The same, but waits.
lock_build() {
    if ! try_lock_build "$1"; then
        echo "$2: waiting for another build" >&2
        flock 9
    fi
}

unlock_build() {
    exec 9>&-
}

# begin_build ROOT, then the build, then end_build ROOT: what is edited meanwhile counts as newer.
begin_build() {
    mkdir -p "$1/target" && : >"$1/target/building"
}

end_build() {
    mv -f "$1/target/building" "$1/cli/target/built"
}

# A build by root in somebody else's clone leaves nothing behind that its owner could not replace.
give_back_targets() {
    local owner
    ((EUID == 0)) || return 0
    owner=$(stat -c %u:%g "$1")
    [[ $owner == 0:0 ]] || find "$1"/target "$1"/*/target -user 0 -exec chown -h "$owner" {} + 2>/dev/null
    return 0
}

# The flags under which jnat's JVM runs; the AOT cache is only valid for the same ones. The way of a
# packet is compiled for good after a fifth of the usual calls, within its rehearsal, and the cipher's
# kernels after a fiftieth (a later command goes before an earlier one). PerMethodTrapLimit=0: compiled
# code has all branches, also those that no packet has taken yet (docs/decisions/014-rehearsal.md).
jvm_flags() {
    echo -XX:+UseSerialGC -Xms16m -Xmx64m -Xss512k -XX:MaxMetaspaceSize=96m -XX:-UsePerfData \
        -XX:PerMethodTrapLimit=0 -XX:Tier3DelayOn=1000 -XX:CompileCommand=quiet \
        '-XX:CompileCommand=CompileThresholdScaling,io.jnat.core.*::*,0.2' \
        '-XX:CompileCommand=CompileThresholdScaling,io.jnat.nat.*::*,0.2' \
        '-XX:CompileCommand=CompileThresholdScaling,io.jnat.tun.*::*,0.2' \
        '-XX:CompileCommand=CompileThresholdScaling,io.jnat.wireguard.*::*,0.2' \
        '-XX:CompileCommand=CompileThresholdScaling,io.jnat.wireguard.crypto.vector.Kernels*::*,0.02' \
        -XX:TrimNativeHeapInterval=5000 --enable-native-access=ALL-UNNAMED \
        --sun-misc-unsafe-memory-access=allow
}

# More flags for processes that stay: they make no garbage once they run, so their heap shrinks to what
# lives (docs/decisions/019-memory-where-it-is-used.md). What only a start needs, such as reading the
# configuration, is compiled after five times the usual calls (docs/decisions/003-start-up-cache.md).
# Tables lie off the heap, whose size would be their limit, too; the largest that a configuration may
# ask for are to fit.
service_flags() {
    echo -XX:MaxDirectMemorySize=3g -Xmn4m -XX:MinHeapFreeRatio=5 -XX:MaxHeapFreeRatio=10 -XX:-ShrinkHeapInSteps \
        '-XX:CompileCommand=CompileThresholdScaling,java.*::*,5.0' \
        '-XX:CompileCommand=CompileThresholdScaling,jdk.internal.classfile.*::*,5.0' \
        '-XX:CompileCommand=CompileThresholdScaling,org.*::*,5.0' \
        '-XX:CompileCommand=CompileThresholdScaling,picocli.*::*,5.0'
}

# More flags for the commands that answer and end: what they cost is their start, and for that the
# first compiler is enough.
command_flags() {
    echo -XX:TieredStopAtLevel=1
}

# cache_classes ROOT JAVA_HOME VERSION: writes the AOT cache that makes the commands start faster, and the
# archive of classes that does the same for the processes that stay. Either can fail; jnat then starts
# without it (docs/decisions/003-start-up-cache.md).
cache_classes() {
    local target=$1/cli/target flags
    mkdir -p "$1/target"
    rm -f "$target/jnat.aot" "$target/jnat.jsa" "$target/jnat.aot.jdk"
    read -ra flags <<<"$(jvm_flags) $(service_flags)"
    "$2/bin/java" "${flags[@]}" --add-modules jdk.incubator.vector -XX:ArchiveClassesAtExit="$target/jnat.jsa.new" \
        -cp "$target/jnat.jar" io.jnat.cli.StartClasses </dev/null >"$1/target/jsa.log" 2>&1 &&
        mv -f "$target/jnat.jsa.new" "$target/jnat.jsa" || rm -f "$target/jnat.jsa.new"
    read -ra flags <<<"$(jvm_flags) $(command_flags)"
    "$2/bin/java" "${flags[@]}" -XX:AOTCacheOutput="$target/jnat.aot.new" \
        -jar "$target/jnat.jar" version </dev/null >"$1/target/aot.log" 2>&1 &&
        mv -f "$target/jnat.aot.new" "$target/jnat.aot" || rm -f "$target"/jnat.aot.new*
    printf '%s\n%s\n' "$2" "$3" >"$target/jnat.aot.jdk"
}

# cache_classes_of_build ROOT: the same within a build by Maven, with the JDK that it runs with.
cache_classes_of_build() {
    local jdk version
    { read -r jdk && read -r version; } < <(find_jdk) && cache_classes "$1" "$jdk" "$version"
}
