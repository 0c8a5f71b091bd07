"""Hamiltonian Monte Carlo on an MLP's Gibbs posterior, all chains at once by vmap: one whole trajectory with accept or reject."""

from functools import partial

import jax
import jax.numpy as jnp
import optax

from contest import Contest

NAMES = ("w1", "b1", "w2", "b2")


def ready(inputs, settings):
    x, y = jnp.asarray(inputs["x"]), jnp.asarray(inputs["y"])
    step, steps, temperature = settings["stepSize"], settings["leapfrogSteps"], settings["inverseTemperature"]

    # log π(θ) = −λ r̂(θ) − ½ ‖θ‖², of one chain.
    def log_density(params):
        logits = jnp.tanh(x @ params["w1"] + params["b1"]) @ params["w2"] + params["b2"]
        risk = optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()
        return -temperature * risk - 0.5 * sum(jnp.vdot(p, p) for p in params.values())

    evaluate = jax.value_and_grad(log_density)
    axpy = lambda a, xs, ys: jax.tree.map(lambda x, y: a * x + y, xs, ys)
    kinetic = lambda momentum: 0.5 * sum(jnp.vdot(p, p) for p in momentum.values())

    def trajectory(state, momentum, uniform):
        def leapfrog(_, carried):
            q, _, g, p = carried
            p = axpy(step / 2, g, p)
            q = axpy(step, p, q)
            v, g = evaluate(q)
            return q, v, g, axpy(step / 2, g, p)

        q, v, g, p = jax.lax.fori_loop(0, steps, leapfrog, (*state, momentum))
        log_ratio = v - state[1] - (kinetic(p) - kinetic(momentum))
        accepted = jnp.log(uniform) < log_ratio
        return jax.tree.map(lambda a, b: jnp.where(accepted, a, b), (q, v, g), state), log_ratio

    def one(state, key):
        *keys, last = jax.random.split(key, len(NAMES) + 1)
        momentum = {name: jax.random.normal(k, state[0][name].shape) for name, k in zip(NAMES, keys)}
        return trajectory(state, momentum, jax.random.uniform(last))[0]

    @partial(jax.jit, donate_argnums=0)
    def advance(state, key):
        key, now = jax.random.split(key)
        return jax.vmap(one)(state, jax.random.split(now, settings["chains"])), key

    def initial():
        position = {name: jnp.asarray(inputs[name]) for name in NAMES}
        value, grads = jax.jit(jax.vmap(evaluate))(position)
        return position, value, grads

    state, key = initial(), jax.random.key(0)

    def values():
        start = initial()
        momentum = {name: jnp.asarray(inputs[f"momentum.{name}"]) for name in NAMES}
        _, log_ratio = jax.jit(jax.vmap(trajectory, in_axes=(0, 0, None)))(start, momentum, 0.5)
        return {"log density": start[1], "log ratio": log_ratio}

    def iterate(n):
        nonlocal state, key
        for _ in range(n):
            state, key = advance(state, key)
        jax.block_until_ready(state)

    return Contest(values, iterate)
