"""Inputs, outputs and gradients of layers and losses as PyTorch computes them, one safetensors file per case.

    oracle_nn.py --out DIR

Keys of a case: input tensors by the names below, parameters as "param.<name>", "output", "grad_output" (the gradient handed to
backward; losses are scalars and have none), and "grad.<name>" for every input and parameter that has a gradient.

  linear          input (4, 7), param.weight (5, 7), param.bias (5)
  linear_no_bias  the same without bias
  linear_batched  input (2, 3, 7)
  embedding       input (3, 5) ids, param.weight (11, 4); ids repeat
  embedding_padding  the same with padding_idx 0: row 0 gets no gradient
  layer_norm      input (3, 5, 6), param.weight (6), param.bias (6), eps 1e-5
  dropout         input (8, 33); p 0.1 in training, right after manual_seed(42)
  gelu gelu_tanh relu tanh    input (5, 9)
  sdpa            query, key, value (2, 3, 5, 4), no mask
  sdpa_mask       the same with mask (2, 1, 1, 5), bool, true where attention is allowed
  sdpa_dropout    the same with mask and dropout_p 0.1, right after manual_seed(42)
  cross_entropy   input (6, 4), target (6)
  cross_entropy_weight       the same with class weights "weight" (4)
  cross_entropy_ignore       the same where targets 1 and 4 are -100
  cross_entropy_weight_ignore   both
  cross_entropy_sum          reduction "sum"
  mse             input (5, 3), target (5, 3)
  sequential      Linear(7, 5), GELU, Linear(5, 2) on input (4, 7), parameters "param.0.weight" ...

init.safetensors holds default initialisations made one after the other on one generator after manual_seed(42): linear.weight and
linear.bias of Linear(7, 5), embedding.weight of Embedding(11, 4), layer_norm.weight and layer_norm.bias of LayerNorm(6),
embedding_padding.weight of Embedding(5, 3, padding_idx=1), and "next", the rand(4) that follows; then, further on the same generator,
"kaiming": kaiming_uniform_(empty(4, 3, 2), a=0.3), and "xavier": xavier_uniform_(empty(4, 6), gain=1.5).
"""

import argparse
import os

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F


def write(path, tensors):
    save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()}, path)


def gradients(**tensors):
    return {f"grad.{name}": t.grad for name, t in tensors.items() if t.grad is not None}


def write_case(folder, name, inputs, compute, module=None, seed=None):
    """Run compute(**inputs) and its backward; floating inputs other than weight, mask and target get gradients."""
    for key, tensor in inputs.items():
        if tensor.is_floating_point() and key not in ("weight", "target"):
            tensor.requires_grad_()
    parameters = dict(module.named_parameters()) if module else {}
    if seed is not None:
        torch.manual_seed(seed)
    output = compute(**inputs)
    results = {"output": output}
    if output.dim():
        results["grad_output"] = torch.randn(output.shape, generator=torch.Generator().manual_seed(7))
    output.backward(results.get("grad_output"))
    tensors = {**inputs, **{f"param.{key}": p for key, p in parameters.items()}, **results}
    tensors |= gradients(**inputs) | gradients(**parameters)
    write(os.path.join(folder, f"{name}.safetensors"), tensors)


def write_layers(folder):
    def layer(name, module, x):
        write_case(folder, name, {"input": x}, lambda input: module(input), module)

    layer("linear", nn.Linear(7, 5), torch.randn(4, 7))
    layer("linear_no_bias", nn.Linear(7, 5, bias=False), torch.randn(4, 7))
    layer("linear_batched", nn.Linear(7, 5), torch.randn(2, 3, 7))
    ids = torch.tensor([[0, 3, 10, 3, 1], [7, 7, 7, 2, 0], [10, 9, 8, 7, 6]])
    layer("embedding", nn.Embedding(11, 4), ids)
    layer("embedding_padding", nn.Embedding(11, 4, padding_idx=0), ids)
    norm = nn.LayerNorm(6)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    layer("layer_norm", norm, torch.randn(3, 5, 6) * 3 + 1)
    layer("sequential", nn.Sequential(nn.Linear(7, 5), nn.GELU(), nn.Linear(5, 2)), torch.randn(4, 7))


def write_functions(folder):
    def function(name, compute, shape=(5, 9), seed=None):
        write_case(folder, name, {"input": torch.randn(shape) * 2}, lambda input: compute(input), seed=seed)

    function("dropout", lambda x: F.dropout(x, 0.1, training=True), (8, 33), seed=42)
    function("gelu", F.gelu)
    function("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"))
    function("relu", F.relu)
    function("tanh", torch.tanh)


def write_attention(folder):
    def attention(name, masked, p=0.0, seed=None):
        inputs = {key: torch.randn(2, 3, 5, 4) for key in ("query", "key", "value")}
        if masked:
            inputs["mask"] = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], dtype=torch.bool).view(2, 1, 1, 5)

        def compute(query, key, value, mask=None):
            return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=p)

        write_case(folder, name, inputs, compute, seed=seed)

    attention("sdpa", masked=False)
    attention("sdpa_mask", masked=True)
    attention("sdpa_dropout", masked=True, p=0.1, seed=42)


def write_losses(folder):
    def cross_entropy(name, weighted=False, ignored=(), **options):
        target = torch.tensor([0, 3, 2, 2, 1, 0])
        target[list(ignored)] = -100
        inputs = {"input": torch.randn(6, 4), "target": target}
        if weighted:
            inputs["weight"] = torch.tensor([0.5, 1.0, 2.0, 0.25])

        def compute(input, target, weight=None):
            return F.cross_entropy(input, target, weight=weight, **options)

        write_case(folder, name, inputs, compute)

    cross_entropy("cross_entropy")
    cross_entropy("cross_entropy_weight", weighted=True)
    cross_entropy("cross_entropy_ignore", ignored=(1, 4))
    cross_entropy("cross_entropy_weight_ignore", weighted=True, ignored=(1, 4))
    cross_entropy("cross_entropy_sum", reduction="sum")
    inputs = {"input": torch.randn(5, 3), "target": torch.randn(5, 3)}
    write_case(folder, "mse", inputs, lambda input, target: F.mse_loss(input, target))


def write_initialisations(folder):
    torch.manual_seed(42)
    modules = {
        "linear": nn.Linear(7, 5),
        "embedding": nn.Embedding(11, 4),
        "layer_norm": nn.LayerNorm(6),
        "embedding_padding": nn.Embedding(5, 3, padding_idx=1),
    }
    tensors = {"next": torch.rand(4)}
    for name, module in modules.items():
        tensors |= {f"{name}.{key}": p for key, p in module.named_parameters()}
    tensors["kaiming"] = nn.init.kaiming_uniform_(torch.empty(4, 3, 2), a=0.3)
    tensors["xavier"] = nn.init.xavier_uniform_(torch.empty(4, 6), gain=1.5)
    write(os.path.join(folder, "init.safetensors"), tensors)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", required=True)
    folder = parser.parse_args().out
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(1)
    write_layers(folder)
    write_functions(folder)
    write_attention(folder)
    write_losses(folder)
    write_initialisations(folder)


if __name__ == "__main__":
    main()
