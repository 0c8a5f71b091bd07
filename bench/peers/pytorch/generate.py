"""A small GPT that goes on from a prompt with the likeliest tokens, streams side by side, with a cache of keys and values."""

import torch
import torch.nn.functional as F

from contest import Contest
from pytorch.gpt import loaded


def layers_of(model):
    return [(block.attention, block.attentionNorm, block.denseNorm, block.up, block.down) for block in model.blocks]


def ready(inputs, settings, compiled):
    tokens = torch.from_numpy(inputs["tokens"]).long()
    streams, prompt, time = settings["streams"], settings["prompt"], settings["time"]
    heads, depth = settings["heads"], settings["width"] // settings["heads"]
    model = loaded(inputs, settings).eval()
    layers = layers_of(model)
    keys = [torch.zeros(streams, heads, time, depth) for _ in layers]
    values = [torch.zeros(streams, heads, time, depth) for _ in layers]
    slots = torch.arange(time)

    def forward(text, at, hear):
        """Logits after the last of `text`, whose positions are `at`."""
        b, t = text.shape
        x = model.tokens(text) + model.positions(at)
        for layer, (attention, attention_norm, dense_norm, up, down) in enumerate(layers):
            q, k, v = (z.view(b, t, heads, depth).transpose(1, 2) for z in attention.qkv(attention_norm(x)).chunk(3, dim=2))
            y = hear(layer, q, k, v, at)
            x = x + attention.out(y.transpose(1, 2).reshape(b, t, -1))
            x = x + down(F.gelu(up(dense_norm(x)), approximate="tanh"))
        return model.head(model.norm(x[:, -1]))

    def from_start(layer, q, k, v, at):
        keys[layer][:, :, : k.shape[2]] = k
        values[layer][:, :, : k.shape[2]] = v
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)

    # Eager, a slice of the cache is a view; compiled, shapes must not depend on the position.
    def sliced(layer, q, k, v, at):
        end = place + 1
        keys[layer][:, :, place:end] = k
        values[layer][:, :, place:end] = v
        return F.scaled_dot_product_attention(q, keys[layer][:, :, :end], values[layer][:, :, :end])

    def masked(layer, q, k, v, at):
        keys[layer].index_copy_(2, at, k)
        values[layer].index_copy_(2, at, v)
        return F.scaled_dot_product_attention(q, keys[layer], values[layer], attn_mask=(slots <= at).view(1, 1, 1, time))

    def plain_step(token, at):
        return forward(token, at, masked if compiled else sliced)

    step = torch.compile(plain_step) if compiled else plain_step
    place = 0

    @torch.inference_mode()
    def extended(token, t):
        nonlocal place
        place = t
        return step(token, torch.tensor([t]))

    @torch.inference_mode()
    def begun():
        return forward(tokens[:, :prompt], torch.arange(prompt), from_start)

    def numbers():
        found = []
        logits = begun()
        for t in range(prompt, prompt + 4):
            found += logits.flatten()[:8].tolist()
            logits = extended(tokens[:, t : t + 1], t)
        return {"logits": found + logits.flatten()[-8:].tolist()}

    def iterate(n):
        for _ in range(n):
            logits, written = begun(), []
            for t in range(prompt, time):
                token = logits.argmax(-1, keepdim=True)
                written.append(token)
                logits = extended(token, t)
            torch.cat(written, 1).tolist()

    return Contest(numbers, iterate)
