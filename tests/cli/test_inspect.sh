#!/bin/bash
# accelerate inspect lists what files of weights hold, for people and for programs; what is damaged or hostile is refused or quoted.
set -u
. "$ACCEL_SOURCE/tests/cli/weights.sh"
mkdir -p "$oracle/ours"

has() { grep -qxF -e "$1" out.txt || complain "no line \"$1\" in: $(head -50 out.txt)"; }

says inspect "$oracle/whole"
has "$oracle/whole/model.safetensors: safetensors, $(stat -c %s "$oracle/whole/model.safetensors") bytes"
has "  format: pt"
has "embeddings.word_embeddings.weight                  F32       [30522, 384]              46881792"
has "embeddings.position_ids                            I64       [1, 512]                      4096"
has "104 tensors, 22713728 elements, 90856960 bytes"
says inspect "$oracle/whole/model.safetensors"
has "104 tensors, 22713728 elements, 90856960 bytes"
for form in shards/model.safetensors bin_shards/pytorch_model.bin; do
    says inspect "$oracle/${form%/*}"
    has "104 tensors, 22713728 elements, 90856960 bytes"
    grep -q '^embeddings.word_embeddings.weight .* 46881792  .*-0000[1-4]-of-00004\.' out.txt || complain "$form: no shard is named"
    cp out.txt before.txt
    says inspect "$oracle/$form.index.json"
    same "the index" before.txt out.txt
    says inspect --json "$oracle/$form.index.json"
    [ "${form%%/*}" = bin_shards ] || cp out.txt "$oracle/ours/shards.json"
done
says inspect "$oracle/odd/nested/pytorch_model.bin"
has '  name: "x\n\u001b[31m"'
has '  betas: a tuple of 2'
has '  nothing: None'
has 'sizes.1.w  float32   [2]                              8'
says inspect --json "$oracle/odd/nested/pytorch_model.bin"
cp out.txt "$oracle/ours/nested.json"

# Names that would move the cursor, end a line or look like something else are strings of JSON.
write_safetensors names.safetensors '{"a\n\u001b[2J":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"b c":{"dtype":"U8","shape":[0],"data_offsets":[1,1]},"é\u202e\u007f":{"dtype":"F4","shape":[2],"data_offsets":[1,2]},"":{"dtype":"U8","shape":[0,7],"data_offsets":[2,2]},"__metadata__":{"k\"":"v\r","é":""}}' 2
says inspect names.safetensors
has '"a\n\u001b[2J"        U8        []                               1'
has '"b c"                 U8        [0]                              0'
has '"\u00e9\u202e\u007f"  F4        [2]                              1'
has '""                    U8        [0, 7]                           0'
has '  "k\"": "v\r"'
has '  "\u00e9": ""'
says inspect --json names.safetensors
tr -d '\n' <out.txt | LC_ALL=C grep -q '[^ -~]' && complain "JSON is not ASCII: $(cat out.txt)"
"$ACCEL_PYTHON" -c 'import json, sys; d = json.load(open("out.txt")); sys.exit([t["name"] for t in d["tensors"]] != ["a\n\x1b[2J", "b c", "é\u202e\x7f", ""] or d["files"][0]["metadata"] != {"k\"": "v\r", "é": ""})' || {
    complain "JSON reads as something else: $(cat out.txt)"
}

# Damage.
head -c 100000 "$oracle/whole/model.safetensors" >cut.safetensors
refuses 1 "cut.safetensors: is truncated: 100000 bytes" inspect cut.safetensors
head -c 100000 "$oracle/odd/plain/pytorch_model.bin" | head -c 3000 >cut.bin
refuses 1 "cut.bin: " inspect cut.bin
: >empty.bin
refuses 1 "empty.bin: " inspect empty.bin
refuses 1 "nowhere: cannot be opened: No such file or directory" inspect nowhere
refuses 1 "/dev/null: " inspect /dev/null

refuses 1 "$oracle/odd/twice/pytorch_model.bin: two tensors are named \"a.b\", one is in pytorch_model.bin" inspect "$oracle/odd/twice"

# Indices that lie, and that lead out of their folder.
index() { printf '{"weight_map": {%s}}' "$1" >model.safetensors.index.json; }
write_safetensors model-00001-of-00002.safetensors '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}' 1
write_safetensors model-00002-of-00002.safetensors '{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}' 1
index '"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"'
says inspect .
has "2 tensors, 2 elements, 2 bytes"
index '"a": "model-00001-of-00002.safetensors", "b": "model-00001-of-00002.safetensors"'
refuses 1 './model.safetensors.index.json: "b" is to be in model-00001-of-00002.safetensors, which lacks it' inspect .
index '"a": "model-00001-of-00002.safetensors", "c": "model-00002-of-00002.safetensors"'
refuses 1 './model.safetensors.index.json: does not name "b", which is in model-00002-of-00002.safetensors' inspect .
index '"a": "model-00002-of-00002.safetensors", "b": "model-00001-of-00002.safetensors"'
refuses 1 './model.safetensors.index.json: "a" is to be in model-00002-of-00002.safetensors, which lacks it' inspect .
index '"a": "model-00001-of-00002.safetensors", "b": "model-00003-of-00002.safetensors"'
refuses 1 './model-00003-of-00002.safetensors: cannot be opened: No such file or directory' inspect .
index '"a": "../model.safetensors"'
refuses 1 "./model.safetensors.index.json: the file \"../model.safetensors\" is not in the index's own folder" inspect .
index '"a": "/etc/passwd"'
refuses 1 "./model.safetensors.index.json: the file \"/etc/passwd\" is not in the index's own folder" inspect .
printf '{' >model.safetensors.index.json
refuses 1 './model.safetensors.index.json: is no index of weights: ' inspect .

# Shards without an index: all of them, of one model.
rm model.safetensors.index.json
says inspect .
has "2 tensors, 2 elements, 2 bytes"
cp model-00001-of-00002.safetensors model-00002-of-00002.safetensors
refuses 1 './model-00002-of-00002.safetensors: two tensors are named "a", one is in model-00001-of-00002.safetensors' inspect .
rm model-00001-of-00002.safetensors
refuses 1 './model-00001-of-00002.safetensors: cannot be opened: No such file or directory' inspect .
cp model-00002-of-00002.safetensors model-00001-of-00003.safetensors
refuses 1 '.: has shards of two models, one of ' inspect .
rm ./*.safetensors && touch model-1-of-2.safetensors model-00001-of-00000.safetensors .metadata
refuses 1 '.: is a checkpoint of torch.distributed (.metadata), which is not read' inspect .

refuses 2 "no path; --help shows how" inspect
refuses 2 "unknown option --jsn; did you mean --json?" inspect --jsn .
if [ ! -c /dev/full ]; then
    complain "a full disk: there is no /dev/full"
else
    "$accelerate" inspect "$oracle/whole" >/dev/full 2>err.txt
    [ $? = 1 ] && grep -q 'No space left' err.txt || complain "a full disk is not noticed"
fi
finish
