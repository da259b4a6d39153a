#!/bin/bash
# What accelerator_prepare and the handle calls take, and that anything else does not compile, in C and in C++.
set -u
status=0

# compiles LANGUAGE STATEMENT
compiles() {
    local compiler=$CC flags=(-std=c11 -D_GNU_SOURCE -x c)
    [ "$1" = c ] || { compiler=$CXX && flags=(-std=c++17 -x c++); }
    printf '%s\n' '#include <accel/accel.h>' 'void use(accelerator *acc, accel_module *model, accel_optimizer *optimizer,' \
        'accel_scheduler *scheduler, accel_loader *loader, accel_tensor *tensor, accel_dict *dict, int *number);' \
        'void use(accelerator *acc, accel_module *model, accel_optimizer *optimizer, accel_scheduler *scheduler,' \
        'accel_loader *loader, accel_tensor *tensor, accel_dict *dict, int *number)' \
        '{ (void)acc; (void)model; (void)optimizer; (void)scheduler; (void)loader; (void)tensor; (void)dict; (void)number;' \
        "$2; }" >statement.txt
    "$compiler" "${flags[@]}" -Wall -Wextra -Werror -I"$ACCEL_SOURCE/include" -fsyntax-only statement.txt 2>log
}

accepts() {
    local language
    for language in c c++; do
        compiles $language "$1" || { echo "not as $language: $1" && cat log && status=1; }
    done
}

refuses() {
    local language
    for language in c c++; do
        ! compiles $language "$1" || { echo "compiles as $language: $1" && status=1; }
    done
}

accepts 'accelerator_prepare(acc, loader, model, optimizer, scheduler)'
accepts 'accelerator_prepare(acc, scheduler)'
accepts 'accel_forward(model, tensor); accel_forward(model, dict)'
accepts 'accel_keep(tensor); accel_free(dict); accel_free(loader)'
accepts 'accel_for_each (batch, loader) accel_no_grad() accel_get(batch, "x")'
accepts 'accelerator_log(acc, ACCEL_LOG_VALUES({"loss", 0.5}, {"note", 0, "x"}))'
accepts 'accelerator_init_trackers(acc, "run", ACCEL_LOG_VALUES({"lr", 0.5})); accelerator_init_trackers(acc, "run", NULL, 0)'
refuses 'accelerator_prepare(acc, tensor)'
refuses 'accelerator_prepare(acc, model, number)'
refuses 'accelerator_prepare(acc, dict, model)'
refuses 'accelerator_prepare(model, acc)'
refuses 'accel_forward(model, number)'
refuses 'accel_forward(tensor, model)'
refuses 'accel_free(number)'
refuses 'accel_keep(acc)'
refuses 'accelerator_log(acc, ACCEL_LOG_VALUES({"loss", "0.5"}))'
refuses 'accelerator_log(model, ACCEL_LOG_VALUES({"loss", 0.5}))'
exit $status
