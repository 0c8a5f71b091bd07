"""LeNet-5 with ReLU and max-pooling on 28 × 28 images: one step of Adam on a fixed batch."""

from functools import partial

import jax
import jax.numpy as jnp
import optax

from contest import Contest

LAYERS = ("first", "second", "head.layers.0", "head.layers.1", "head.layers.2")


def conv(params, x, padding):
    y = jax.lax.conv_general_dilated(x, params["kernel"], (1, 1), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))
    return y + params["bias"]


def max_pool(x):
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def dense(params, x):
    return x @ params["kernel"] + params["bias"]


def logits(params, x):
    x = jax.nn.relu(max_pool(conv(params["first"], x, "SAME")))
    x = jax.nn.relu(max_pool(conv(params["second"], x, "VALID")))
    x = x.reshape(x.shape[0], -1)
    x = jax.nn.relu(dense(params["head.layers.0"], x))
    x = jax.nn.relu(dense(params["head.layers.1"], x))
    return dense(params["head.layers.2"], x)


def ready(inputs, settings):
    x, y = jnp.asarray(inputs["x"]), jnp.asarray(inputs["y"])
    optimizer = optax.adam(settings["learningRate"])

    def loss(params, x, y):
        return optax.softmax_cross_entropy_with_integer_labels(logits(params, x), y).mean()

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(params, state, x, y):
        value, grads = jax.value_and_grad(loss)(params, x, y)
        updates, state = optimizer.update(grads, state, params)
        return optax.apply_updates(params, updates), state, value

    def initial():
        params = {name: {part: jnp.array(inputs[f"params.{name}.{part}"]) for part in ("kernel", "bias")} for name in LAYERS}
        return params, optimizer.init(params)

    params, state = initial()

    def values():
        p, s = initial()
        losses = []
        for _ in range(settings["checkedSteps"]):
            p, s, value = step(p, s, x, y)
            losses.append(value)
        return {"losses": losses}

    def iterate(n):
        nonlocal params, state
        for _ in range(n):
            params, state, value = step(params, state, x, y)
        jax.block_until_ready(params)

    return Contest(values, iterate)
