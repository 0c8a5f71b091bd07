"""Hamiltonian Monte Carlo on an MLP's Gibbs posterior, warmed up and adapted by dual averaging: U of every chain after each jittered trajectory."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

from contest import Contest
from dual_averaging import adapted_step
from xla import hmc

LEVEL = 4
NAMES = hmc.NAMES


def ready(inputs, settings):
    x, y = jnp.asarray(inputs["x"]), jnp.asarray(inputs["y"])
    chains, steps, temperature, scale = settings["chains"], settings["leapfrogSteps"], settings["lambda"], settings["priorScale"]
    low, high = math.ceil(steps / 2), math.floor(3 * steps / 2)
    floor = math.exp(-LEVEL)

    def energy(position):
        w1, b1, w2, b2 = (scale * u for u in position)
        logits = jax.nn.relu(x @ w1.T + b1[:, 0]) @ w2.T + b2[:, 0]
        p = jnp.exp(-optax.softmax_cross_entropy_with_integer_labels(logits, y))
        return jnp.log(floor + (1 - 2 * floor) * p).sum() / -LEVEL

    evaluate = jax.value_and_grad(energy)
    halved_squares = lambda xs: 0.5 * sum(jnp.vdot(x, x) for x in xs)
    kicked = lambda p, q, g, time: jax.tree.map(lambda p, q, g: p - time * (temperature * g + q), p, q, g)

    def one(state, key, step, count):
        position, value, _ = state
        *keys, last = jax.random.split(key, len(NAMES) + 1)
        momentum = tuple(jax.random.normal(k, u.shape) for u, k in zip(position, keys))

        def leapfrog(_, carried):
            q, _, g, p = carried
            p = kicked(p, q, g, step / 2)
            q = jax.tree.map(lambda q, p: q + step * p, q, p)
            v, g = evaluate(q)
            return q, v, g, kicked(p, q, g, step / 2)

        q, v, g, p = jax.lax.fori_loop(0, count, leapfrog, (*state, momentum))
        change = temperature * (v - value) + (halved_squares(q) - halved_squares(position)) + (halved_squares(p) - halved_squares(momentum))
        acceptance = jnp.nan_to_num(jnp.minimum(jnp.exp(-change), 1))
        accepted = jax.random.uniform(last) < acceptance
        return jax.tree.map(lambda a, b: jnp.where(accepted, a, b), (q, v, g), state), acceptance

    @partial(jax.jit, donate_argnums=0)
    def advance(state, key, step):
        key, now, length = jax.random.split(key, 3)
        count = jax.random.randint(length, (), low, high + 1)
        state, acceptance = jax.vmap(one, in_axes=(0, 0, None, None))(state, jax.random.split(now, chains), step, count)
        return state, key, acceptance.mean()

    position = tuple(jnp.array(inputs[f"params.{name}"]) for name in NAMES)
    value, grads = jax.jit(jax.vmap(evaluate))(position)
    state, key = (position, value, grads), jax.random.key(0)

    def warmed(step):
        nonlocal state, key
        state, key, acceptance = advance(state, key, step)
        return float(acceptance)

    step = adapted_step(warmed, settings)
    drawn = []

    def iterate(n):
        nonlocal state, key
        for _ in range(n):
            state, key, _ = advance(state, key, step)
            drawn.append(np.asarray(state[1]))

    def taken():
        rows = np.stack(drawn, axis=1).tolist()
        drawn.clear()
        return rows

    return Contest(hmc.ready(inputs, settings).values, iterate, taken)
