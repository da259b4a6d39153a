#!/bin/sh
exec "$ACCEL_SOURCE/scripts/check_symbols" "$ACCEL_BUILD/lib/libaccel.so"
