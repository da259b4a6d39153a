# Sourced by the tests of what is loaded when it is needed.

# object NAME SYMBOL WHY: lib/NAME is there, or it is said why it may not be, and has that one symbol. Sets $object.
object() {
    object=$ACCEL_BUILD/lib/$1
    if [ ! -e "$object" ]; then
        echo "no $1: $3"
        [ -n "${CI:-}" ] && exit 1
        exit 77
    fi
    local defined
    defined=$(nm -D --defined-only "$object" | awk '$2 ~ /[TDBR]/ && $3 !~ /^_/ { print $3 }')
    [ "$defined" = "$2" ] || { echo "defines $defined, expected $2 alone" && exit 1; }
}
