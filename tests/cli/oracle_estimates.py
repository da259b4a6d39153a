"""The reference's tables for models, for tests/cli/test_estimate_memory.

Writes into --out:
  NAME/       config.json, and a file of the right size whose header names every tensor; minilm is the real one
  NAME.txt    the table of `accelerate estimate-memory NAME`, made by the reference's own functions
"""

import argparse
import contextlib
import io
import json
import os
import struct
import types

import torch
import transformers
from accelerate import init_empty_weights
from accelerate.commands import estimate
from safetensors.torch import save_file

ALL = ["float32", "float16", "int8", "int4"]
SAFETENSORS = {torch.float32: "F32", torch.int64: "I64"}
# Two blocks of the sizes that each has by default, so that files stay small enough for any disk that takes sparse ones.
SMALL = {"num_hidden_layers": 2, "n_layer": 2, "num_layers": 2, "encoder_layers": 2, "decoder_layers": 2}
FAMILIES = ["albert", "bert", "bloom", "camembert", "deberta-v2", "dinov2", "distilbert", "electra", "falcon", "gpt2", "gpt_neox",
            "granite", "llama", "mistral", "mixtral", "mpnet", "olmo2", "opt", "phi", "phi3", "qwen2", "qwen3", "roberta", "smollm3",
            "vit", "whisper", "xlm-roberta"]


def write_header(path, tensors):
    """A file whose data is a hole: only its header and its size are looked at."""
    header, end = {}, 0
    for name, tensor in sorted(tensors.items()):
        size = tensor.numel() * tensor.element_size()
        header[name] = {"dtype": SAFETENSORS[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)


def table(model, name, dtypes=ALL):
    estimate.create_empty_model = lambda *args, **kwargs: model
    with contextlib.redirect_stdout(io.StringIO()) as said:
        estimate.estimate_command(types.SimpleNamespace(model_name=name, library_name=None, dtypes=dtypes, trust_remote_code=False))
    return said.getvalue()


def write_text(path, text):
    with open(path, "w") as file:
        file.write(text)


def empty_model(config):
    with init_empty_weights():
        return transformers.AutoModel.from_config(config, dtype=torch.float32)


def write_families(out):
    for family in FAMILIES:
        config = transformers.AutoConfig.for_model(family)
        for key, value in SMALL.items():
            if hasattr(config, key) and key in config.to_dict():
                setattr(config, key, value)
        if getattr(config, "layer_types", None):
            config.layer_types = config.layer_types[:2]
        model = empty_model(config)
        os.makedirs(f"{out}/{family}")
        config.save_pretrained(f"{out}/{family}")
        write_header(f"{out}/{family}/model.safetensors", model.state_dict())
        write_text(f"{out}/{family}.txt", table(model, family))


def write_real(out, model_folder):
    os.makedirs(f"{out}/minilm")
    for file in ("config.json", "model.safetensors"):
        os.symlink(os.path.abspath(f"{model_folder}/{file}"), f"{out}/minilm/{file}")
    model = empty_model(transformers.AutoConfig.from_pretrained(model_folder))
    write_text(f"{out}/minilm.txt", table(model, "minilm"))
    write_text(f"{out}/two.txt", table(model, "minilm", ["int4", "float16"]))
    long = "minilm/./././././././././././././././././././././././././././././././././."
    write_text(f"{out}/long.txt", table(model, long))
    write_text(f"{out}/middle.txt", table(model, "minilm/././././././."))
    write_text(f"{out}/short.txt", table(model, "é"))
    os.symlink("minilm", f"{out}/é")
    # Halves are counted as whole ones, as they would be loaded; a layer of a few bytes.
    tiny = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Sequential(torch.nn.Linear(5, 7)), torch.nn.LayerNorm(9))
    os.makedirs(f"{out}/tiny")
    save_file({name: tensor.half() for name, tensor in tiny.state_dict().items()}, f"{out}/tiny/model.safetensors")
    write_text(f"{out}/tiny/config.json", '{"architecture": "none"}')
    write_text(f"{out}/tiny.txt", table(tiny, "tiny"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--model", required=True)
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    os.makedirs(arguments.out)
    write_families(arguments.out)
    write_real(arguments.out, arguments.model)


if __name__ == "__main__":
    main()
