"""Several post-norm transformers of one shape: one step of AdamW of all, by functional_call under vmap."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, grad_and_value, vmap

from contest import Contest

HEADS, HIDDEN, LAYERS, CHANNELS, VOCABULARY, EPS = 5, 1024, 5, 10, 5, 6e-3


def sinusoids(time):
    i = torch.arange(CHANNELS)
    angles = torch.arange(time)[:, None] * torch.exp(-2 * (i // 2) * math.log(10_000) / CHANNELS)
    return torch.where(i % 2 == 0, angles.sin(), angles.cos())


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.out = nn.Linear(CHANNELS, 3 * CHANNELS), nn.Linear(CHANNELS, CHANNELS)
        self.attentionNorm, self.denseNorm = nn.LayerNorm(CHANNELS, EPS), nn.LayerNorm(CHANNELS, EPS)
        self.up, self.down = nn.Linear(CHANNELS, HIDDEN), nn.Linear(HIDDEN, CHANNELS)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (z.view(b, t, HEADS, -1).transpose(1, 2) for z in self.qkv(x).split(c, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = self.attentionNorm(x + self.out(y.transpose(1, 2).reshape(b, t, c)))
        return self.denseNorm(x + self.down(F.relu(self.up(x))))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(VOCABULARY, CHANNELS)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.head = nn.Linear(CHANNELS, VOCABULARY)

    def forward(self, tokens, places):
        x = self.table(tokens) * math.sqrt(CHANNELS) + places
        for block in self.blocks:
            x = block(x)
        return self.head(x)


# Ours to PyTorch's: the first rule that fits the end of a name.
RULES = ((".kernel", ".weight"), (".scale", ".weight"), (".bias", ".bias"), ("", ".weight"))


def loaded(inputs):
    state = {}
    for name, array in inputs.items():
        if not name.startswith("params."):
            continue
        path = name.removeprefix("params.")
        ending, theirs = next(rule for rule in RULES if path.endswith(rule[0]))
        x = torch.from_numpy(array.copy())
        x = x if path == "table" else x.transpose(1, 2) if ending == ".kernel" else x.squeeze(1)
        state[path.removesuffix(ending) + theirs] = x.contiguous()
    return state


def ready(inputs, settings, compiled):
    rows = torch.from_numpy(inputs["rows"]).long()
    tokens, targets = rows[:, :-1], rows[:, 1:]
    time = tokens.shape[1]
    places = sinusoids(time)
    network = Network()

    def loss(params):
        logits = functional_call(network, params, (tokens, places))
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())

    both = vmap(grad_and_value(loss))

    def training():
        params = {name: x.clone() for name, x in loaded(inputs).items()}
        optimizer = torch.optim.AdamW(params.values(), lr=settings["learningRate"], weight_decay=settings["weightDecay"], eps=1e-3, fused=True)

        def step():
            grads, losses = both(params)
            for name, x in params.items():
                x.grad = grads[name].contiguous()
            optimizer.step()
            return losses.sum()

        return step

    step = training()

    def values():
        fresh = training()
        return {"losses": [fresh().item() for _ in range(settings["checkedSteps"])]}

    def iterate(n):
        for _ in range(n):
            step()

    return Contest(values, iterate)
