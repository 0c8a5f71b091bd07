"""LeNet-5 with ReLU and max-pooling on 28 × 28 images: one step of Adam on a fixed batch."""

from functools import partial

import jax
import jax.numpy as jnp
import optax

from contest import Contest


def conv(params, x, padding):
    y = jax.lax.conv_general_dilated(x, params["kernel"], (1, 1), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))
    return jax.nn.relu(y + params["bias"])


def max_pool(x):
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def dense(params, x):
    return x @ params["kernel"] + params["bias"]


def logits(params, x):
    x = max_pool(conv(params["conv1"], x, "SAME"))
    x = max_pool(conv(params["conv2"], x, "VALID"))
    x = x.reshape(x.shape[0], -1)
    x = jax.nn.relu(dense(params["fc1"], x))
    x = jax.nn.relu(dense(params["fc2"], x))
    return dense(params["fc3"], x)


def ready(inputs, settings):
    x, y = jnp.asarray(inputs["x"])[..., None], jnp.asarray(inputs["y"])
    optimizer = optax.adam(settings["learningRate"])

    def loss(params, x, y):
        return optax.softmax_cross_entropy_with_integer_labels(logits(params, x), y).mean()

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(params, state, x, y):
        value, grads = jax.value_and_grad(loss)(params, x, y)
        updates, state = optimizer.update(grads, state, params)
        return optax.apply_updates(params, updates), state, value

    def initial():
        params = {name: {part: jnp.array(inputs[f"{name}.{part}"]) for part in ("kernel", "bias")} for name in ("conv1", "conv2", "fc1", "fc2", "fc3")}
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
