"""A small GPT that goes on from a prompt with the likeliest tokens, streams side by side, with a cache of keys and values."""

import jax
import jax.numpy as jnp

from contest import Contest
from xla.gpt import dense, norm


def ready(inputs, settings):
    params = {name.removeprefix("params."): jnp.asarray(x) for name, x in inputs.items() if name.startswith("params.")}
    tokens = jnp.asarray(inputs["tokens"])
    streams, prompt, time = settings["streams"], settings["prompt"], settings["time"]
    layers, heads, depth = settings["layers"], settings["heads"], settings["width"] // settings["heads"]

    def extended(params, cache, text, start):
        """Logits after the last of `text`, the first of which is at position `start`, and the cache with it."""
        b, t = text.shape
        at = start + jnp.arange(t)
        x = params["tokens"][text] + params["positions"][at]
        seen = jnp.arange(time)[None, :] <= at[:, None]
        after = []
        for i, (keys, values) in enumerate(cache):
            name = f"blocks.{i}"
            q, k, v = (z.reshape(b, t, heads, depth) for z in jnp.split(dense(params, f"{name}.attention.qkv", norm(params, f"{name}.attentionNorm", x)), 3, axis=-1))
            keys = jax.lax.dynamic_update_slice(keys, k, (0, start, 0, 0))
            values = jax.lax.dynamic_update_slice(values, v, (0, start, 0, 0))
            after.append((keys, values))
            y = jax.nn.dot_product_attention(q, keys, values, mask=seen[None, None])
            x = x + dense(params, f"{name}.attention.out", y.reshape(b, t, -1))
            x = x + dense(params, f"{name}.down", jax.nn.gelu(dense(params, f"{name}.up", norm(params, f"{name}.denseNorm", x)), approximate=True))
        return norm(params, "norm", x[:, -1]) @ params["head"], after

    @jax.jit
    def begun(params, text):
        empty = [(jnp.zeros((streams, time, heads, depth)), jnp.zeros((streams, time, heads, depth))) for _ in range(layers)]
        return extended(params, empty, text, 0)

    @jax.jit
    def written(params, logits, cache):
        def one(carry, at):
            logits, cache = carry
            token = logits.argmax(-1)
            return extended(params, cache, token[:, None], at), token

        return jax.lax.scan(one, (logits, cache), jnp.arange(prompt, time))[1]

    step = jax.jit(extended)

    def numbers():
        found = []
        logits, cache = begun(params, tokens[:, :prompt])
        for t in range(prompt, prompt + 4):
            found += logits.flatten()[:8].tolist()
            logits, cache = step(params, cache, tokens[:, t : t + 1], t)
        return {"logits": found + logits.flatten()[-8:].tolist()}

    def iterate(n):
        for _ in range(n):
            logits, cache = begun(params, tokens[:, :prompt])
            jax.block_until_ready(written(params, logits, cache))

    return Contest(numbers, iterate)
