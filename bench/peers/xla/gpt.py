"""A small GPT (pre-norm, learned positions, GELU by tanh, untied head): one step of AdamW on a fixed batch."""

from functools import partial

import jax
import jax.numpy as jnp
import optax

from contest import Contest


def dense(params, name, x):
    return x @ params[f"{name}.kernel"] + params[f"{name}.bias"]


def norm(params, name, x):
    mean = x.mean(-1, keepdims=True)
    variance = jnp.square(x - mean).mean(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * params[f"{name}.scale"] + params[f"{name}.bias"]


def attention(params, name, x, heads):
    b, t, c = x.shape
    q, k, v = (z.reshape(b, t, heads, -1) for z in jnp.split(dense(params, f"{name}.attention.qkv", x), 3, axis=-1))
    y = jax.nn.dot_product_attention(q, k, v, is_causal=True)
    return dense(params, f"{name}.attention.out", y.reshape(b, t, c))


def loss(params, tokens, targets, layers, heads):
    x = params["tokens"][tokens] + params["positions"]
    for i in range(layers):
        name = f"blocks.{i}"
        x = x + attention(params, name, norm(params, f"{name}.attentionNorm", x), heads)
        x = x + dense(params, f"{name}.down", jax.nn.gelu(dense(params, f"{name}.up", norm(params, f"{name}.denseNorm", x)), approximate=True))
    logits = norm(params, "norm", x) @ params["head"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, targets).mean()


def ready(inputs, settings):
    tokens, targets = jnp.asarray(inputs["tokens"]), jnp.asarray(inputs["targets"])
    optimizer = optax.adamw(settings["learningRate"], weight_decay=settings["weightDecay"])

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(params, state, tokens, targets):
        value, grads = jax.value_and_grad(loss)(params, tokens, targets, settings["layers"], settings["heads"])
        updates, state = optimizer.update(grads, state, params)
        return optax.apply_updates(params, updates), state, value

    def initial():
        params = {name.removeprefix("params."): jnp.array(x) for name, x in inputs.items() if name.startswith("params.")}
        return params, optimizer.init(params)

    params, state = initial()

    def values():
        p, s = initial()
        losses = []
        for _ in range(settings["checkedSteps"]):
            p, s, value = step(p, s, tokens, targets)
            losses.append(value)
        return {"losses": losses}

    def iterate(n):
        nonlocal params, state
        for _ in range(n):
            params, state, value = step(params, state, tokens, targets)
        jax.block_until_ready(params)

    return Contest(values, iterate)
