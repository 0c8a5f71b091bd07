"""Value and gradient of an MLP's mean cross-entropy on one batch."""

import jax
import jax.numpy as jnp
import optax

from contest import Contest


def ready(inputs, settings):
    x, y = jnp.asarray(inputs["x"]), jnp.asarray(inputs["y"])
    params = [jnp.asarray(inputs[f"params.layers.{layer}.{part}"]) for layer in range(2) for part in ("kernel", "bias")]

    @jax.jit
    @jax.value_and_grad
    def value_and_grad(params, x, y):
        w1, b1, w2, b2 = params
        logits = jnp.tanh(x @ w1 + b1) @ w2 + b2
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    def values():
        value, grads = value_and_grad(params, x, y)
        return {"loss": [value], "gradient norms": [jnp.linalg.norm(g) for g in grads]}

    def iterate(n):
        for _ in range(n):
            jax.block_until_ready(value_and_grad(params, x, y))

    return Contest(values, iterate)
