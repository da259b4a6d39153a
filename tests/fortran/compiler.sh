#!/bin/bash
# Sourced by the tests of this folder, or run in their place: without a Fortran compiler they are skipped, and fail where nothing
# may be.
if [ -z "${FC:-}" ]; then
    echo "no gfortran 12 or later; scripts/setup --tests installs it"
    [ -z "${CI:-}" ] && exit 77
    exit 1
fi
