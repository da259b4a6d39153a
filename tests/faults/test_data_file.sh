#!/bin/bash
# Data files that are not there, empty or ragged, and labels and texts that are not what they should be.
set -u
. "$ACCEL_SOURCE/tests/faults/refuse.sh"

data() { # WHAT EXPECTED CONTENT [OPTION...]
    local what=$1 expected=$2
    printf '%b' "$3" >bad.tsv
    shift 3
    refuse "$what" "$expected" --data bad.tsv "$@"
}
sound_rows='1\t1\tgood\n2\t-1\tbad\n'

accept "sound data"
printf '%b' "$sound_rows" >few.tsv
accept "two rows" --data few.tsv
printf '%b' '0\t0\ta\n1\t2\tb\n2\t1\tc\n' >three.tsv
accept "three labels" --data three.tsv --num_labels 3

refuse "no file" 'none.tsv: cannot be opened: No such file or directory' --data none.tsv
refuse "a folder for a file" 'good: is not a regular file' --data good
data "an empty file" 'bad.tsv: has no rows' ''
data "a file of empty lines" 'bad.tsv: has no rows' '\r\n\n\r\n'
data "a row too short" 'bad.tsv:3: has 2 fields, the first row has 3' "${sound_rows}3\t1\n"
data "a row too long" 'bad.tsv:4: has 4 fields, the first row has 3' "${sound_rows}\n3\t1\tgood\t\n"
data "nothing to train on" 'bad.tsv: has no rows to train on' '1\t0\tgood\n2\t0\tbad\n'
data "everything held out" 'bad.tsv: has no rows to train on' "$sound_rows" --holdout_every 1

refuse "no such text column" 'text_column is 3, the table has 3 columns (from 0)' --text_column 3
refuse "no such label column" 'rows.tsv: has no column 7, it has 3 (from 0)' --label_column 7
refuse "words for labels" 'rows.tsv:1: "the film is not bad 1" in column 2 is no number' --label_column 2
data "one label a word" 'bad.tsv:3: "many" in column 1 is no number' "${sound_rows}3\tmany\tgood\n"
data "one label empty" 'bad.tsv:3: "" in column 1 is no number' "${sound_rows}3\t\tgood\n"
data "one label nan" 'bad.tsv:3: "nan" in column 1 is no number' "${sound_rows}3\tnan\tgood\n"
data "one label infinite" 'bad.tsv:3: "inf" in column 1 is no number' "${sound_rows}3\tinf\tgood\n"
data "one label with a byte behind" 'bad.tsv:3: "1" in column 1 is no number' "${sound_rows}3\t1\0000\tgood\n"
for label in 3 7 -1 -100 0.5 1e30; do
    data "label $label of 3" "bad.tsv: label $(printf %g $label) of row 2 (from 0) must be a whole number in [0, 2]" \
        "1\t1\tgood\n2\t2\tbad\n3\t$label\tgood\n" --num_labels 3
done

words=$(printf 'good %.0s' {1..100})
data "a text longer than the model" 'input_ids has 90 tokens, the model has 64 positions' "${sound_rows}3\t1\t$words\n" \
    --max_length 90
accept "a long text that is cut" --data bad.tsv --max_length 64
finish
