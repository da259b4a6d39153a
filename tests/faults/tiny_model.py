"""Write a small BERT as a Hugging Face folder, sound or with one fault.

    tiny_model.py DIR [--config KEY=JSON]... [--no-config KEY]... [--without NAME]... [--reshape NAME=N,M]...

config.json, model.safetensors (the encoder and pooler without the "bert." prefix, and no classifier) and vocab.txt of a model with 2
layers of width 16 and 40 tokens. --config and --no-config change config.json alone; --without leaves a tensor out of the weights,
--reshape gives it another shape.
"""

import argparse
import json
import os
import random
import struct

HIDDEN, WIDE, LAYERS, POSITIONS = 16, 32, 2, 64
WORDS = "a an the film movie story plot actor is was good bad great poor dull fun not very and but it . , ! ?".split()
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *(f"##{letter}" for letter in "abcdefghij")]
CONFIG = {
    "architectures": ["BertModel"],
    "attention_probs_dropout_prob": 0.1,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": HIDDEN,
    "initializer_range": 0.02,
    "intermediate_size": WIDE,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": POSITIONS,
    "model_type": "bert",
    "num_attention_heads": 2,
    "num_hidden_layers": LAYERS,
    "pad_token_id": 0,
    "type_vocab_size": 2,
    "vocab_size": len(VOCABULARY),
}


def dense(name, out_features, in_features):
    return {f"{name}.weight": (out_features, in_features), f"{name}.bias": (out_features,)}


def norm(name):
    return {f"{name}.weight": (HIDDEN,), f"{name}.bias": (HIDDEN,)}


def shapes():
    tables = {"word": len(VOCABULARY), "position": POSITIONS, "token_type": 2}
    found = {f"embeddings.{kind}_embeddings.weight": (rows, HIDDEN) for kind, rows in tables.items()}
    found |= norm("embeddings.LayerNorm")
    for i in range(LAYERS):
        layer = f"encoder.layer.{i}"
        for part in ("query", "key", "value"):
            found |= dense(f"{layer}.attention.self.{part}", HIDDEN, HIDDEN)
        found |= dense(f"{layer}.attention.output.dense", HIDDEN, HIDDEN) | norm(f"{layer}.attention.output.LayerNorm")
        found |= dense(f"{layer}.intermediate.dense", WIDE, HIDDEN)
        found |= dense(f"{layer}.output.dense", HIDDEN, WIDE) | norm(f"{layer}.output.LayerNorm")
    return found | dense("pooler.dense", HIDDEN, HIDDEN)


def values(name, shape):
    """The bytes of a tensor: what training begins with."""
    count = 1
    for size in shape:
        count *= size
    if "LayerNorm.weight" in name:
        numbers = [1.0] * count
    elif name.endswith("bias"):
        numbers = [0.0] * count
    else:
        source = random.Random(name)
        numbers = [source.gauss(0, 0.2) for _ in range(count)]
    return struct.pack(f"<{count}f", *numbers)


def write_weights(path, tensors):
    header, data = {}, b""
    for name, shape in tensors.items():
        begin = len(data)
        data += values(name, shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--config", action="append", default=[], metavar="KEY=JSON")
    parser.add_argument("--no-config", action="append", default=[], metavar="KEY")
    parser.add_argument("--without", action="append", default=[], metavar="NAME")
    parser.add_argument("--reshape", action="append", default=[], metavar="NAME=N,M")
    return parser.parse_args()


def main():
    args = parse_arguments()
    config, tensors = dict(CONFIG), shapes()
    for key, value in (option.split("=", 1) for option in args.config):
        config[key] = json.loads(value)
    for key in args.no_config:
        del config[key]
    for name in args.without:
        del tensors[name]
    for name, shape in (option.split("=", 1) for option in args.reshape):
        tensors[name] = tuple(int(size) for size in shape.split(","))
    os.makedirs(args.folder, exist_ok=True)
    with open(os.path.join(args.folder, "config.json"), "w") as file:
        json.dump(config, file, indent=2)
    with open(os.path.join(args.folder, "vocab.txt"), "w") as file:
        file.write("".join(f"{token}\n" for token in VOCABULARY))
    write_weights(os.path.join(args.folder, "model.safetensors"), tensors)


if __name__ == "__main__":
    main()
