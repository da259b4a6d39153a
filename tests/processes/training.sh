# Sourced by the tests of this folder: a training program, and what is left of it.
sanitize=${ACCEL_SANITIZE:+-fsanitize=$ACCEL_SANITIZE}

# compile NAME: ./NAME from NAME.c beside this file, as a user's program.
compile() {
    # shellcheck disable=SC2086
    "$CC" -g $sanitize -I"$ACCEL_SOURCE/include" "$ACCEL_SOURCE/tests/processes/$1.c" -L"$ACCEL_BUILD/lib" -laccel \
        -Wl,-rpath,"$ACCEL_BUILD/lib" -lm -o "$1" || exit 1
}
compile train

none_left() { await runs_no_more train || complain "$1: processes are left"; } # WHAT

# Whether any socket of this machine listens on a port.
listens() {
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q "^ *[0-9]*: [0-9A-F]*:$(printf '%04X' "$1") [0-9A-F:]* 0A "
}

free_port() {
    "$ACCEL_PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

listen_on() { # PORT
    "$ACCEL_PYTHON" -c '
import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen()
open("listening", "w").write("yes")
time.sleep(1000)' "$1" &
    listener=$!
    await exist listening
}
stop_listening() {
    kill "$listener"
    wait "$listener" 2>/dev/null
    rm -f listening
}
