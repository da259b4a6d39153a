#!/bin/bash
# accelerate estimate-memory draws the reference's tables, for the real model and for headers of many families.
set -u
. "$ACCEL_SOURCE/tests/cli/weights.sh"

here=$PWD
estimates=$ACCEL_TEST_ORACLE/estimates
cd "$estimates" || exit 1
estimates() { # TABLE WORD...
    "$accelerate" estimate-memory "${@:2}" >"$here/out.txt" 2>"$here/err.txt" || complain "estimate-memory ${*:2}: exit status $?"
    [ ! -s "$here/err.txt" ] || complain "estimate-memory ${*:2}: says $(cat "$here/err.txt")"
    diff "$1.txt" "$here/out.txt" || complain "estimate-memory ${*:2}: is not the reference's table"
}

families=0
for folder in */; do
    [ ! -e "${folder%/}.txt" ] || { estimates "${folder%/}" "${folder%/}" && families=$((families + 1)); }
done
[ $families -gt 25 ] || complain "only $families families"
estimates two minilm --dtypes int4 float16
estimates two --dtypes int4 float16 --trust-remote-code minilm
estimates two --dtypes int4 float16 -- minilm
estimates minilm minilm --library_name transformers
estimates tiny tiny --library-name=timm
estimates middle "minilm/././././././."
estimates long "minilm/./././././././././././././././././././././././././././././././././."
estimates short é
cd "$here" || exit 1

# The same model whatever its files are; and with a config.json that says nothing, or none.
for form in shards bin_shards; do
    cp -rL "$oracle/$form" minilm && cp "$estimates/minilm/config.json" minilm
    says estimate-memory minilm
    same "$form" "$estimates/minilm.txt" out.txt
    rm -rf minilm
done
mkdir none && cp "$oracle/whole/model.safetensors" none
says estimate-memory none
grep -q '^│float32│   44.71 MB  │ 86.65 MB │     346.59 MB     │$' out.txt || complain "without config.json: $(cat out.txt)"
echo '{"model_type": "unheard-of", "max_position_embeddings": -1}' >none/config.json && cp out.txt before.txt
says estimate-memory none
same "an unknown model_type" before.txt out.txt
says estimate-memory none/model.safetensors
grep -q '│ 86.65 MB │' out.txt || complain "a file is no model"
says estimate-memory "$oracle/odd/tied" # tied weights are counted once: 24 bytes, 12 of a bias, 8 of a row that is a tensor, too
grep -q '24 bytes  │ 44 bytes' out.txt || complain "tied weights: $(cat out.txt)"

mkdir head && write_safetensors head/model.safetensors '{"lm_head.weight":{"dtype":"F16","shape":[64],"data_offsets":[0,128]},"model.layers.0.a.weight":{"dtype":"F16","shape":[8],"data_offsets":[128,144]},"model.layers.0.b.weight":{"dtype":"I64","shape":[2],"data_offsets":[144,160]}}' 160
says estimate-memory head --dtypes float32 # what a file has is counted, a head, too
grep -q '^│float32│  *256 bytes *│304 bytes │  *1.19 KB *│$' out.txt || complain "a head: $(cat out.txt)"

echo '{"quantization_config": {"quant_method": "gptq"}}' >none/config.json
refuses 1 "none/config.json: has quantization_config" estimate-memory none
echo '[1' >none/config.json
refuses 1 "none/config.json: ']' expected near end of file" estimate-memory none
echo '[1]' >none/config.json
refuses 1 "none/config.json: is no object of JSON" estimate-memory none
refuses 1 "bert-base-cased: no such file or folder; models are not fetched" estimate-memory bert-base-cased
mkdir empty
refuses 1 "empty: has neither model.safetensors nor pytorch_model.bin, nor shards of one" estimate-memory empty
refuses 2 "no model_name; --help shows how" estimate-memory
refuses 2 '--dtypes must be float32, float16, int8 or int4, got "bfloat16"' estimate-memory none --dtypes bfloat16
refuses 2 '--library_name must be timm or transformers, got "diffusers"' estimate-memory none --library_name diffusers
refuses 2 'unknown option --dtype; did you mean --dtypes?' estimate-memory none --dtype int8
refuses 2 'there is no use for "x"' estimate-memory none x
says estimate-memory -h
grep -q '^usage: accelerate estimate-memory \[options\] model_name' out.txt || complain "no help"
finish
