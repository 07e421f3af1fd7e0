# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors
#
# What the `run` of an example with one worker behind a broker needs; sourced by it in the root of
# the project. It sets `here`, calls begin, and then what it needs in this order. Everything listens
# on 127.0.0.1, writes into one temporary folder, and ends with the script.
#
#     run           stays up until Ctrl-C
#     run --once    ends after the first answers
#
# AMQP_URL=amqp://… uses a broker that is already there, BRIDGEHEAD=FILE a program that is built.

bridgehead=${BRIDGEHEAD:-build/bridgehead}
broker=examples/broker/rabbitmq
pids=()
shown=0
once=
at_end= # what else is to be done then

say() {
    printf '\n\033[1m%s\033[0m\n' "$*"
}

# fail WORDS [LOG...]
fail() {
    say "$1"
    shift
    [ $# = 0 ] || tail -n 20 "$@"
    exit 1
}

cleanup() {
    local status=$? pid
    trap '' INT TERM HUP
    trap - EXIT
    for pid in "${pids[@]}"; do
        kill -TERM "$pid" 2>/dev/null
    done
    for pid in "${pids[@]}"; do
        wait "$pid" 2>/dev/null
    done
    $at_end
    if [ -d "$work/broker" ]; then
        "$broker" stop "$work/broker"
    fi
    rm -rf "$work"
    exit "$status"
}

begin() {
    case ${1:-} in
    "") ;;
    --once) once=yes ;;
    *)
        echo "usage: $here/run [--once]" >&2
        exit 2
        ;;
    esac
    work=$(mktemp -d "${TMPDIR:-/tmp}/example.XXXXXX") || exit 1
    trap cleanup EXIT
    trap 'echo; exit 0' INT TERM HUP
}

# needs PROGRAM WORDS
needs() {
    command -v "$1" >/dev/null || fail "This example needs $2."
}

build() {
    [ -z "${BRIDGEHEAD:-}" ] || return 0
    # shellcheck disable=SC2046
    examples/broker/install $(grep -v '^#' examples/quickstart/packages.txt) ||
        fail "The packages could not be installed."
    if [ ! -f build/build.ninja ]; then
        meson setup build >"$work/meson" || fail "meson failed" "$work/meson"
    fi
    ninja -C build bridgehead || fail "The build failed."
}

# free_port PREFERRED: that port, or one that nobody listens on.
free_port() {
    local port=$1
    while grep -qi ":$(printf %04X "$port") 0*:0000 0A" /proc/net/tcp /proc/net/tcp6; do
        port=$((10240 + RANDOM % 22000))
    done
    echo "$port"
}

start_broker() {
    if [ -z "${AMQP_URL:-}" ]; then
        echo "a private RabbitMQ node"
        AMQP_URL=$($broker start "$work/broker" 2>"$work/rabbitmq") ||
            fail "RabbitMQ did not start." "$work/rabbitmq"
    fi
    export AMQP_URL
}

# await NAME COMMAND...: until it is true; the process that was started last must not end before.
await() {
    local name=$1 waited=0
    shift
    until "$@" >/dev/null 2>&1; do
        kill -0 "${pids[-1]}" 2>/dev/null || fail "The $name ended." "$work/$name"
        [ $((waited += 1)) -lt 600 ] || fail "The $name is not ready." "$work/$name"
        sleep 0.1
    done
}

# start_worker WORDS COMMAND...: waits until it has said these words.
start_worker() {
    local words=$1
    shift
    echo "the worker"
    "$@" >"$work/worker" 2>&1 &
    pids+=($!)
    await worker grep -q "$words" "$work/worker"
}

start_gateway() {
    LISTEN=127.0.0.1:$(free_port 8080)
    ADMIN=127.0.0.1:$(free_port 9080)
    export LISTEN ADMIN
    $bridgehead run -c $here/bridgehead.json 2>"$work/gateway" &
    pids+=($!)
    await gateway $bridgehead call "http://$ADMIN/readyz"
    echo "Bridgehead on $LISTEN"
}

# show WORDS ARGUMENT...: one call, and its answer.
show() {
    local answer argument
    say "$1"
    shift
    printf '  $ %s call' "$bridgehead"
    for argument in "$@"; do
        case $argument in
        *[!A-Za-z0-9_./:=-]*) printf " '%s'" "$argument" ;;
        *) printf ' %s' "$argument" ;;
        esac
    done
    answer=$($bridgehead call "$@" 2>&1)
    # An error of the worker is an answer, too.
    case $answer in
    "" | "bridgehead call:"*) fail "That was not answered: $answer" "$work/gateway" "$work/worker" ;;
    esac
    printf '\n    %s\n' "${answer//$'\n'/$'\n    '}"
    shown=$((shown + 1))
}

# finish COMMANDS: text to copy while it stays up.
finish() {
    if [ -z "$once" ]; then
        say "It stays up until Ctrl-C. In another terminal:"
        printf '%s\n' "$1"
        wait -n "${pids[@]}"
        fail "One of the programs ended." "$work/gateway" "$work/worker"
    fi
    say "$shown requests, $shown answers."
}
