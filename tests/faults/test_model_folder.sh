#!/bin/bash
# Model folders that are not there, broken, incomplete or another model's.
set -u
. "$ACCEL_SOURCE/tests/faults/refuse.sh"

accept "a sound folder"
refuse "no folder" 'nowhere/config.json: cannot be read: No such file or directory' --model nowhere
refuse "a file as folder" 'rows.tsv/config.json: cannot be read: Not a directory' --model rows.tsv

# ---- config.json ----
config() { # WHAT EXPECTED CONTENT
    model bad && printf '%s' "$3" >bad/config.json
    refuse "config.json $1" "bad/config.json$2" --model bad
}
config "empty" ":1: " ''
config "cut off" ":1: " '{"model_type": "bert"'
config "a list" ': is not a JSON object' '["bert"]'
config "with a key twice" ':1: duplicate object key' '{"model_type": "bert", "model_type": "bert"}'
model bad && rm bad/config.json
refuse "no config.json" 'bad/config.json: cannot be read: No such file or directory' --model bad

changed() { # WHAT EXPECTED FAULT...
    local what=$1 expected=$2
    shift 2
    model bad "$@"
    refuse "$what" "$expected" --model bad
}
changed "no model_type" 'bad/config.json: has no "model_type"' --no-config model_type
changed "no hidden_size" '"bert.embeddings.word_embeddings.weight" has shape (40, 16), the configuration says (40, 768)' --no-config hidden_size
changed "another family" '"model_type" is "gpt2"; bert is supported' --config 'model_type="gpt2"'
changed "another activation" '"hidden_act" is "silu"; gelu and relu are supported' --config 'hidden_act="silu"'
changed "relative positions" '"position_embedding_type" is "relative_key"' --config 'position_embedding_type="relative_key"'
changed "a decoder" 'decoders are not supported' --config is_decoder=true
changed "a regression" '"problem_type" is "regression"' --config 'problem_type="regression"'
changed "a text for a number" '"hidden_size" is not an integer' --config 'hidden_size="wide"'
changed "nothing for a number" '"num_hidden_layers" must be in [1, 1000], got 0' --config num_hidden_layers=0
changed "a dropout above 1" '"hidden_dropout_prob" must be in [0, 1], got 1.5' --config hidden_dropout_prob=1.5
changed "heads that do not divide" '"hidden_size" 16 is not a multiple of "num_attention_heads" 3' --config num_attention_heads=3
changed "padding outside the vocabulary" '"pad_token_id" must be in [0, 39], got 40' --config pad_token_id=40

# ---- model.safetensors ----
changed "a weight too few" 'bad: has no weight "bert.encoder.layer.1.output.dense.bias"' --without encoder.layer.1.output.dense.bias
changed "a layer too few" 'bad: has no weight "bert.encoder.layer.2.attention.self.query.weight"' --config num_hidden_layers=3
changed "a weight too short" 'bad: "bert.encoder.layer.1.output.dense.bias" has shape (15), the configuration says (16)' --reshape encoder.layer.1.output.dense.bias=15
changed "a weight transposed" 'bad: "bert.encoder.layer.0.output.dense.weight" has shape (32, 16), the configuration says (16, 32)' --reshape encoder.layer.0.output.dense.weight=32,16
changed "a smaller vocabulary" '"bert.embeddings.word_embeddings.weight" has shape (40, 16), the configuration says (39, 16)' --config vocab_size=39
model bad && cp "$ACCEL_TEST_DATA/minilm/model.safetensors" bad
refuse "another model's weights" 'bad: "bert.' --model bad
model bad && rm bad/model.safetensors
refuse "no weights" 'bad: has neither model.safetensors nor pytorch_model.bin, nor an index of one' --model bad
model bad && mv bad/model.safetensors bad/pytorch_model.bin
refuse "a pickle alone" 'bad/pytorch_model.bin: is not a file that torch.save wrote' --model bad
for size in 0 5 100 5000; do
    model bad && truncate -s $size bad/model.safetensors
    refuse "$size bytes of weights" "bad/model.safetensors: is truncated: $size bytes" --model bad
done
model bad && truncate -s -4 bad/model.safetensors
refuse "weights without the last value" 'bad/model.safetensors: is truncated: ' --model bad
model bad && printf '\0' >>bad/model.safetensors
refuse "weights with a byte behind" 'bad/model.safetensors: is padded out: ' --model bad
model bad && head -c 30000 /dev/zero >bad/model.safetensors
refuse "zeros for weights" 'bad/model.safetensors: ' --model bad

# ---- the tokenizer ----
model bad && rm bad/vocab.txt
refuse "no tokenizer" 'bad: holds neither tokenizer.json nor vocab.txt' --model bad
model bad && cp "$ACCEL_TEST_DATA/minilm/tokenizer.json" bad
refuse "another model's tokenizer" "the model's vocabulary has 40: is the tokenizer another model's?" --model bad
model bad && echo '{"version": "1.0", "model": {"type": "BPE", "vocab": {}, "merges": []}}' >bad/tokenizer.json
refuse "a BPE tokenizer" 'bad/tokenizer.json: model type "BPE" is not supported; WordPiece is' --model bad
model bad && echo '{"version": "1.0", "model": ' >bad/tokenizer.json
refuse "a broken tokenizer" 'bad/tokenizer.json' --model bad
model bad && : >bad/vocab.txt
refuse "an empty vocabulary" 'bad/vocab.txt' --model bad
finish
