"""A small GPT (pre-norm, learned positions, GELU by tanh, untied head): one step of AdamW on a fixed batch."""

import torch
import torch.nn.functional as F
from torch import nn

from contest import Contest


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (z.view(b, t, self.heads, -1).transpose(1, 2) for z in self.qkv(x).split(c, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(b, t, c))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.attention = Attention(width, heads)
        self.attentionNorm, self.denseNorm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        x = x + self.attention(self.attentionNorm(x))
        return x + self.down(F.gelu(self.up(self.denseNorm(x)), approximate="tanh"))


class Gpt(nn.Module):
    def __init__(self, vocabulary, time, width, layers, heads):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(time, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary, bias=False)

    def forward(self, tokens, targets):
        x = self.tokens(tokens) + self.positions.weight
        for block in self.blocks:
            x = block(x)
        logits = self.head(self.norm(x))
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


# Ours to PyTorch's: the first rule that fits the end of a name.
RULES = ((".kernel", ".weight"), (".scale", ".weight"), (".bias", ".bias"), ("", ".weight"))


def loaded(inputs, settings):
    model = Gpt(settings["vocabulary"], settings["time"], settings["width"], settings["layers"], settings["heads"])
    state = {}
    for name, array in inputs.items():
        if not name.startswith("params."):
            continue
        path = name.removeprefix("params.")
        ending, theirs = next(rule for rule in RULES if path.endswith(rule[0]))
        x = torch.from_numpy(array)
        state[path.removesuffix(ending) + theirs] = x.T if ending == ".kernel" or path == "head" else x
    model.load_state_dict(state)
    return model


def ready(inputs, settings, compiled):
    tokens, targets = (torch.from_numpy(inputs[name]).long() for name in ("tokens", "targets"))

    def training():
        model = loaded(inputs, settings)
        optimizer = torch.optim.AdamW(model.parameters(), lr=settings["learningRate"], weight_decay=settings["weightDecay"], fused=True)
        forward = torch.compile(model) if compiled else model

        def step():
            optimizer.zero_grad(set_to_none=True)
            loss = forward(tokens, targets)
            loss.backward()
            optimizer.step()
            return loss.detach()

        return step

    step = training()

    def values():
        fresh = training()
        return {"losses": [fresh().item() for _ in range(settings["checkedSteps"])]}

    def iterate(n):
        for _ in range(n):
            step()

    return Contest(values, iterate)
