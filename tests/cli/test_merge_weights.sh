#!/bin/bash
# accelerate merge-weights makes one file of several, the reference's own to the byte; what cannot be merged leaves nothing behind.
set -u
. "$ACCEL_SOURCE/tests/cli/weights.sh"
ours=$oracle/ours
mkdir -p "$ours"

nothing_in() { [ -z "$(ls -A "$1" 2>/dev/null)" ] || complain "$2: leaves $(ls -A "$1")"; }

for form in shards bin_shards; do
    says merge-weights "$oracle/$form" out/deep/down
    same "$form" "$oracle/whole/model.safetensors" out/deep/down/model.safetensors
    grep -qxF "out/deep/down/model.safetensors: 104 tensors, 90856960 bytes" out.txt || complain "$form: $(cat out.txt)"
    [ "$(ls out/deep/down)" = model.safetensors ] || complain "$form: writes $(ls out/deep/down)"
    rm -rf out
    says merge-weights --unsafe-serialization "$oracle/$form" "$ours/$form-bin"
    [ "$(ls "$ours/$form-bin")" = pytorch_model.bin ] || complain "$form: writes $(ls "$ours/$form-bin")"
done
says merge-weights "$oracle/whole" out # one file alone
same whole "$oracle/whole/model.safetensors" out/model.safetensors
cp -rL "$oracle/shards" own && says merge-weights own own # into the folder itself, over what is there
same "own folder" "$oracle/whole/model.safetensors" own/model.safetensors
says merge-weights own own
same "own folder again" "$oracle/whole/model.safetensors" own/model.safetensors
printf x >own/model.safetensors # shards come before a whole file
says merge-weights own out
same "own folder with rubbish" "$oracle/whole/model.safetensors" out/model.safetensors
rm own/model.safetensors own/*.index.json && says merge-weights own out
same "no index" "$oracle/whole/model.safetensors" out/model.safetensors

# Types, views and ties.
says merge-weights "$oracle/odd/plain" "$ours/plain"
says merge-weights "$oracle/odd/plain" "$ours/plain-bin" --unsafe_serialization
says merge-weights "$ours/plain" "$ours/plain-back" --unsafe_serialization
says merge-weights "$oracle/odd/tied" "$ours/tied-bin" --unsafe_serialization
says merge-weights "$oracle/odd/tied" out
grep -qxF "1 tied tensors are in it under another name, such as head.weight as embedding.weight" out.txt || complain "tied: $(cat out.txt)"
says inspect out
grep -q '^head.weight' out.txt && complain "tied: both are written"
grep -q '^row  ' out.txt || complain "tied: a view of a part is not written"

# What is no dict of tensors, or has no place in the other kind of file.
rm -rf out
wrong() { # TEXT WORD...
    refuses 1 "$1" merge-weights "${@:2}" out
    nothing_in out "${*:2}"
}
wrong "$oracle/odd/nested/pytorch_model.bin: \"model.a\" is nested; only dicts of tensors are merged" "$oracle/odd/nested"
wrong "$oracle/odd/beside/pytorch_model.bin: \"step\" is an integer; only dicts of tensors are merged" "$oracle/odd/beside"
wrong "$oracle/odd/complex/pytorch_model.bin: \"a\" is of complex128, which safetensors lacks" "$oracle/odd/complex"
wrong "$oracle/odd/wide/pytorch_model.bin: \"wide\" repeats elements: 2199023255552 bytes of a storage of 4" "$oracle/odd/wide"
mkdir four && write_safetensors four/model.safetensors '{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}' 1
wrong 'four/model.safetensors: "a" is of F4, which torch.save lacks' four --unsafe_serialization
write_safetensors four/model.safetensors '{"a":{"dtype":"U8","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}}'
wrong '"a" has a shape that torch.save lacks' four --unsafe_serialization
mkdir bad && cp "$oracle"/shards/* bad && rm bad/model-00002-of-00004.safetensors
wrong "bad/model-00002-of-00004.safetensors: cannot be opened: No such file or directory" bad
head -c 5000000 "$oracle/shards/model-00002-of-00004.safetensors" >bad/model-00002-of-00004.safetensors
wrong "bad/model-00002-of-00004.safetensors: is truncated: 5000000 bytes" bad
rm bad/* && echo '{"weight_map": {"a": "../shards/model.safetensors"}}' >bad/model.safetensors.index.json
wrong "bad/model.safetensors.index.json: the file \"../shards/model.safetensors\" is not in the index's own folder" bad
wrong "nowhere: there is no such folder" nowhere
wrong "$oracle/whole/model.safetensors: there is no such folder" "$oracle/whole/model.safetensors"
touch file && refuses 1 "file: " merge-weights "$oracle/whole" file
refuses 2 "no output_path; --help shows how" merge-weights "$oracle/whole"
refuses 2 "unknown option --unsafe; --help lists them" merge-weights --unsafe a b

# A full disk: what was there stays.
mkdir kept && echo kept >kept/model.safetensors && echo kept >kept/pytorch_model.bin
for flag in "" --unsafe_serialization; do
    # shellcheck disable=SC2086
    (trap '' XFSZ && ulimit -f 20000 && "$accelerate" merge-weights $flag "$oracle/shards" kept >/dev/full 2>err.txt)
    [ $? = 1 ] && grep -q 'File too large' err.txt || complain "a full disk is not noticed: $(cat err.txt)"
    [ "$(cat kept/*)" = "kept
kept" ] && [ "$(ls -A kept | wc -l)" = 2 ] || complain "a full disk leaves $(ls -lA kept)"
done

# The folder goes when all is well, and only then; never with the output in it.
cp -rL "$oracle/shards" gone && mkdir gone/more && touch gone/more/file && ln -s ../kept gone/link
refuses 1 "gone/out: is in gone, which --remove_checkpoint_dir removes" merge-weights --remove_checkpoint_dir gone gone/out
refuses 1 "./gone: is in gone, which --remove_checkpoint_dir removes" merge-weights --remove-checkpoint-dir gone ./gone
refuses 1 "kept/../gone: is in gone/, which --remove_checkpoint_dir removes" merge-weights --remove-checkpoint-dir gone/ kept/../gone
ln -s gone linked
refuses 1 "linked: --remove_checkpoint_dir removes folders, and it is none" merge-weights --remove_checkpoint_dir linked gone2
(trap '' XFSZ && ulimit -f 20000 && "$accelerate" merge-weights --remove_checkpoint_dir gone small 2>/dev/null) && complain "a full disk passes"
[ -e gone/more/file ] && [ -e gone/model-00004-of-00004.safetensors ] || complain "the folder is gone too early"
says merge-weights gone gone-not --remove_checkpoint_dir
[ ! -e gone ] && [ -e kept/model.safetensors ] || complain "the folder is not removed, or more than it"
same removed "$oracle/whole/model.safetensors" gone-not/model.safetensors

# The folder that one is in goes as well.
cp -rL "$oracle/shards" here
(cd here && "$accelerate" merge-weights --remove_checkpoint_dir . ../not-here >../out.txt 2>../err.txt) || complain "in the folder itself"
[ ! -e here ] && [ ! -s err.txt ] || complain "the folder that one is in is not removed"
same here "$oracle/whole/model.safetensors" not-here/model.safetensors

# Who may not remove it is told before anything is merged. Nobody keeps root from it.
if [ "$(id -u)" != 0 ]; then
    mkdir -p locked && cp -rL "$oracle/shards" locked/inner && chmod 500 locked
    refuses 1 "locked: --remove_checkpoint_dir cannot remove what is in it: Permission denied" merge-weights --remove_checkpoint_dir locked/inner never
    [ ! -e never/model.safetensors ] || complain "merged before the folder was looked at"
    chmod 700 locked
fi
finish
