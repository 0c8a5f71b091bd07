"""Value and gradient of an MLP's mean cross-entropy on one batch."""

import jax
import jax.numpy as jnp
import optax

from contest import Contest


def ready(inputs, settings):
    x, y = jnp.asarray(inputs["x"]), jnp.asarray(inputs["y"])
    params = {name: jnp.asarray(inputs[name]) for name in ("w1", "b1", "w2", "b2")}

    @jax.jit
    @jax.value_and_grad
    def value_and_grad(params, x, y):
        hidden = jnp.tanh(x @ params["w1"] + params["b1"])
        logits = hidden @ params["w2"] + params["b2"]
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    def values():
        value, grads = value_and_grad(params, x, y)
        return {"loss": [value], "gradient norms": [jnp.linalg.norm(grads[name]) for name in ("w1", "b1", "w2", "b2")]}

    def iterate(n):
        for _ in range(n):
            jax.block_until_ready(value_and_grad(params, x, y))

    return Contest(values, iterate)
