"""Golden values and gradients of the networks, in float64, from PyTorch.

    python3 -m venv env && env/bin/pip install torch==2.13.0
    env/bin/python golden/nn/generate.py

Weights and inputs are waves, 0.3 sin(phase + 0.37 i) over a tensor's elements in row-major order, so that no file of weights is needed.
A gradient is told by its product with such a wave, its norm and its first elements. Writes pytorch.json beside this file.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def wave(shape, phase, scale=0.3):
    return (scale * torch.sin(phase + 0.37 * torch.arange(math.prod(shape)))).reshape(shape)


def parameters(shapes):
    """Wave-shaped leaves; scales of norms are around 1. `shapes` maps a leaf's path to its shape, in the order of the tree."""
    return {path: (wave(shape, i + 1.0) + (1.0 if path.endswith("scale") else 0.0)).requires_grad_() for i, (path, shape) in enumerate(shapes.items())}


def told(output, loss, leaves):
    loss.backward()
    return {
        "shape": list(output.shape),
        "output": [round(v, 15) for v in output.detach().flatten()[:64].tolist()],
        "loss": loss.item(),
        "grads": {
            path: {"shape": list(x.shape), "product": (x.grad * wave(x.shape, 0.5, 1.0)).sum().item(), "norm": x.grad.norm().item(), "first": x.grad.flatten()[:4].tolist()}
            for path, x in leaves.items()
        },
    }


def mlp(activation):
    p = parameters({"layers.0.kernel": (5, 4), "layers.0.bias": (4,), "layers.1.kernel": (4, 6), "layers.1.bias": (6,), "layers.2.kernel": (6, 3), "layers.2.bias": (3,)})
    h = wave((7, 5), 0.0, 2.0)
    for i in range(3):
        h = F.linear(h, p[f"layers.{i}.kernel"].T, p[f"layers.{i}.bias"])
        h = activation(h) if i < 2 else h
    return told(h, F.cross_entropy(h, torch.arange(7) % 3), p)


def lenet():
    shapes = {"first.kernel": (5, 5, 1, 6), "first.bias": (6,), "second.kernel": (5, 5, 6, 16), "second.bias": (16,)}
    sizes = [400, 120, 84, 10]
    for i in range(3):
        shapes |= {f"head.layers.{i}.kernel": (sizes[i], sizes[i + 1]), f"head.layers.{i}.bias": (sizes[i + 1],)}
    p = parameters(shapes)
    x = wave((3, 28, 28, 1), 0.0, 1.0).permute(0, 3, 1, 2)
    x = F.max_pool2d(F.relu(F.conv2d(x, p["first.kernel"].permute(3, 2, 0, 1), p["first.bias"], padding="same")), 2)
    x = F.max_pool2d(F.relu(F.conv2d(x, p["second.kernel"].permute(3, 2, 0, 1), p["second.bias"])), 2)
    h = x.permute(0, 2, 3, 1).flatten(1)
    for i in range(3):
        h = F.linear(h, p[f"head.layers.{i}.kernel"].T, p[f"head.layers.{i}.bias"])
        h = F.relu(h) if i < 2 else h
    return told(h, F.cross_entropy(h, torch.tensor([3, 0, 7])), p)


def attend(x, p, prefix, heads):
    batch, time, channels = x.shape
    qkv = F.linear(x, p[prefix + "qkv.kernel"].T, p[prefix + "qkv.bias"])
    q, k, v = (part.view(batch, time, heads, channels // heads).transpose(1, 2) for part in qkv.split(channels, dim=-1))
    mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(batch, time, channels)
    return F.linear(mixed, p[prefix + "out.kernel"].T, p[prefix + "out.bias"])


def attention_shapes(prefix, c):
    return {prefix + "qkv.kernel": (c, 3 * c), prefix + "qkv.bias": (3 * c,), prefix + "out.kernel": (c, c), prefix + "out.bias": (c,)}


def attention():
    p = parameters({"x": (2, 5, 6)} | attention_shapes("params.", 6))
    y = attend(p["x"] * 5, p, "params.", 2)
    return told(y, (y * wave(y.shape, 0.2, 1.0)).sum(), p)


def norm(kind):
    p = parameters({"x": (2, 3, 6), "params.scale": (6,)} | ({"params.bias": (6,)} if kind == "layer" else {}))
    y = F.layer_norm(p["x"], (6,), p["params.scale"], p["params.bias"], 1e-5) if kind == "layer" else F.rms_norm(p["x"], (6,), p["params.scale"], 1e-6)
    return told(y, (y * wave(y.shape, 0.2, 1.0)).sum(), p)


def gelu():
    p = parameters({"x": (40,)})
    y = F.gelu(p["x"] * 15, approximate="tanh")
    return told(y, (y * wave(y.shape, 0.2, 1.0)).sum(), p)


def transformer(tied):
    vocabulary, context, layers, c, heads = 11, 8, 2, 6, 2
    shapes = {"tokens": (vocabulary, c), "positions": (context, c)}
    for i in range(layers):
        b = f"blocks.{i}."
        shapes |= {b + "attentionNorm.scale": (c,), b + "attentionNorm.bias": (c,)} | attention_shapes(b + "attention.", c)
        shapes |= {b + "denseNorm.scale": (c,), b + "denseNorm.bias": (c,), b + "up.kernel": (c, 4 * c), b + "up.bias": (4 * c,), b + "down.kernel": (4 * c, c), b + "down.bias": (c,)}
    shapes |= {"norm.scale": (c,), "norm.bias": (c,)} | ({} if tied else {"head": (c, vocabulary)})
    p = parameters(shapes)
    tokens = (torch.arange(12) * 5 % vocabulary).view(2, 6)
    x = F.embedding(tokens, p["tokens"]) + p["positions"][:6]
    for i in range(layers):
        b = f"blocks.{i}."
        x = x + attend(F.layer_norm(x, (c,), p[b + "attentionNorm.scale"], p[b + "attentionNorm.bias"]), p, b + "attention.", heads)
        h = F.gelu(F.linear(F.layer_norm(x, (c,), p[b + "denseNorm.scale"], p[b + "denseNorm.bias"]), p[b + "up.kernel"].T, p[b + "up.bias"]), approximate="tanh")
        x = x + F.linear(h, p[b + "down.kernel"].T, p[b + "down.bias"])
    x = F.layer_norm(x, (c,), p["norm.scale"], p["norm.bias"])
    logits = x @ (p["tokens"].T if tied else p["head"])
    return told(logits, F.cross_entropy(logits.flatten(0, 1), (torch.arange(12) * 3 + 1) % vocabulary), p)


out = {
    "provenance": f"PyTorch {torch.__version__}, float64; golden/nn/generate.py",
    "mlp": mlp(F.relu),
    "mlpTanh": mlp(torch.tanh),
    "lenet": lenet(),
    "attention": attention(),
    "layerNorm": norm("layer"),
    "rmsNorm": norm("rms"),
    "gelu": gelu(),
    "transformer": transformer(tied=True),
    "transformerUntied": transformer(tied=False),
}
pathlib.Path(__file__).with_name("pytorch.json").write_text(json.dumps(out, indent=1) + "\n")
