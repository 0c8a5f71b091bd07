"""Hamiltonian Monte Carlo on an MLP's Gibbs posterior, all chains at once by vmap: one whole trajectory with accept or reject."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import optax

from contest import Contest

NAMES = tuple(f"layers.{layer}.{part}" for layer in range(2) for part in ("weight", "bias"))
LEVEL = 4


def ready(inputs, settings):
    x, y = jnp.asarray(inputs["x"]), jnp.asarray(inputs["y"])
    step, steps, temperature, scale = settings["stepSize"], settings["leapfrogSteps"], settings["lambda"], settings["priorScale"]
    floor = math.exp(-LEVEL)

    # U of one chain: the sum of −ln(e⁻ᴸ + (1 − 2e⁻ᴸ) p) / L.
    def energy(position):
        w1, b1, w2, b2 = (scale * u for u in position)
        logits = jax.nn.relu(x @ w1.T + b1[:, 0]) @ w2.T + b2[:, 0]
        p = jnp.exp(-optax.softmax_cross_entropy_with_integer_labels(logits, y))
        return jnp.log(floor + (1 - 2 * floor) * p).sum() / -LEVEL

    evaluate = jax.value_and_grad(energy)
    halved_squares = lambda xs: 0.5 * sum(jnp.vdot(x, x) for x in xs)
    kicked = lambda p, q, g, time: jax.tree.map(lambda p, q, g: p - time * (temperature * g + q), p, q, g)

    def trajectory(state, momentum, uniform):
        def leapfrog(_, carried):
            q, _, g, p = carried
            p = kicked(p, q, g, step / 2)
            q = jax.tree.map(lambda q, p: q + step * p, q, p)
            v, g = evaluate(q)
            return q, v, g, kicked(p, q, g, step / 2)

        position, value, _ = state
        q, v, g, p = jax.lax.fori_loop(0, steps, leapfrog, (*state, momentum))
        change = temperature * (v - value) + (halved_squares(q) - halved_squares(position)) + (halved_squares(p) - halved_squares(momentum))
        acceptance = jnp.minimum(jnp.exp(-change), 1)
        accepted = uniform < acceptance
        return jax.tree.map(lambda a, b: jnp.where(accepted, a, b), (q, v, g), state), acceptance

    def one(state, key):
        *keys, last = jax.random.split(key, len(NAMES) + 1)
        momentum = tuple(jax.random.normal(k, u.shape) for u, k in zip(state[0], keys))
        return trajectory(state, momentum, jax.random.uniform(last))[0]

    @partial(jax.jit, donate_argnums=0)
    def advance(state, key):
        key, now = jax.random.split(key)
        return jax.vmap(one)(state, jax.random.split(now, settings["chains"])), key

    def initial():
        position = tuple(jnp.array(inputs[f"params.{name}"]) for name in NAMES)
        value, grads = jax.jit(jax.vmap(evaluate))(position)
        return position, value, grads

    state, key = initial(), jax.random.key(0)

    def values():
        start = initial()
        momentum = tuple(jnp.asarray(inputs[f"momentum.{name}"]) for name in NAMES)
        _, acceptance = jax.jit(jax.vmap(trajectory, in_axes=(0, 0, None)))(start, momentum, 0.0)
        return {"energy": start[1], "acceptance": acceptance}

    def iterate(n):
        nonlocal state, key
        for _ in range(n):
            state, key = advance(state, key)
        jax.block_until_ready(state)

    return Contest(values, iterate)
