"""One step of SAM, mean-field VI, IVON or their base optimiser, SGD with momentum, on a fixed batch."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import optax

from contest import Contest
from xla import lenet

MLP_LAYERS = ("layers.0", "layers.1")
leaves = jax.tree.map


def perceptron(params, x):
    return lenet.dense(params["layers.1"], jax.nn.relu(lenet.dense(params["layers.0"], x)))


def base(gradient, settings):
    optimizer = optax.sgd(settings["learningRate"], momentum=0.9)

    def step(params, state, noise):
        value, g = gradient(params)
        updates, state = optimizer.update(g, state, params)
        return optax.apply_updates(params, updates), state, value

    return optimizer.init, step


def sam(gradient, settings):
    optimizer = optax.sgd(settings["learningRate"], momentum=0.9)

    def step(params, state, noise):
        _, g = gradient(params)
        scale = settings["rho"] / (optax.tree.norm(g) + 1e-12)
        value, g = gradient(leaves(lambda p, x: p + scale * x, params, g))
        updates, state = optimizer.update(g, state, params)
        return optax.apply_updates(params, updates), state, value

    return optimizer.init, step


def mfvi(gradient, settings):
    optimizer = optax.sgd(settings["learningRate"], momentum=0.9)
    weight = 1 / settings["n"]

    def init(params):
        size = sum(p.size for p in jax.tree.leaves(params))
        scales = leaves(lambda p: jnp.full_like(p, math.log(settings["rho"] / math.sqrt(size))), params)
        return scales, optimizer.init((params, scales))

    def step(params, state, noise):
        scales, inner = state
        offset = leaves(lambda s, z: jnp.exp(s) * z, scales, noise)
        value, g = gradient(leaves(jnp.add, params, offset))
        of_scale = leaves(lambda g, e, s: g * e + weight * (jnp.exp(2 * s) - 1), g, offset, scales)
        of_mean = leaves(lambda g, p: g + weight * p, g, params)
        updates, inner = optimizer.update((of_mean, of_scale), inner)
        params, scales = optax.apply_updates((params, scales), updates)
        return params, (scales, inner), value

    return init, step


def ivon(gradient, settings):
    ess, rate, decay, initial, b1, b2 = settings["n"], settings["learningRate"], 1e-4, 1.0, 0.9, 0.99999

    def init(params):
        return leaves(lambda p: jnp.full_like(p, initial), params), leaves(jnp.zeros_like, params), jnp.float32(0)

    def step(params, state, noise):
        hessian, velocity, count = state
        offset = leaves(lambda h, z: z * jax.lax.rsqrt(ess * (h + decay)), hessian, noise)
        value, g = gradient(leaves(jnp.add, params, offset))
        count = count + 1
        estimate = leaves(lambda e, g, h: e * g * ess * (h + decay), offset, g, hessian)
        velocity = leaves(lambda v, g: b1 * v + (1 - b1) * g, velocity, g)
        hessian = leaves(lambda h, f: h + (1 - b2) * (f - h) + 0.5 * (1 - b2) ** 2 * (h - f) ** 2 / (h + decay), hessian, estimate)
        unbiased = -jnp.expm1(count * math.log(b1))
        scale = rate * (initial + decay)
        params = leaves(lambda p, v, h: p - scale * (v / unbiased + decay * p) / (h + decay), params, velocity, hessian)
        return params, (hessian, velocity, count), value

    return init, step


ALGORITHMS = (base, sam, mfvi, ivon)


def ready(inputs, settings):
    logits, layers = (lenet.logits, lenet.LAYERS) if settings["network"] == 1 else (perceptron, MLP_LAYERS)
    x, y = jnp.asarray(inputs["x"]), jnp.asarray(inputs["y"])

    def tree(prefix):
        return {name: {part: jnp.array(inputs[f"{prefix}.{name}.{part}"]) for part in ("kernel", "bias")} for name in layers}

    def loss(params, x, y):
        return optax.softmax_cross_entropy_with_integer_labels(logits(params, x), y).mean()

    def bound(x, y):
        return ALGORITHMS[settings["algorithm"]](lambda params: jax.value_and_grad(loss)(params, x, y), settings)

    init, _ = bound(x, y)

    @partial(jax.jit, donate_argnums=(0, 1))
    def given(params, state, noise, x, y):
        return bound(x, y)[1](params, state, noise)

    @partial(jax.jit, donate_argnums=(0, 1))
    def drawn(params, state, key, x, y):
        if ALGORITHMS[settings["algorithm"]] in (base, sam):
            return bound(x, y)[1](params, state, None)
        flat, structure = jax.tree.flatten(params)
        keys = jax.random.split(key, len(flat))
        noise = jax.tree.unflatten(structure, [jax.random.normal(k, p.shape) for k, p in zip(keys, flat)])
        return bound(x, y)[1](params, state, noise)

    def initial():
        params = tree("params")
        return params, init(params)

    params, state = initial()
    key = jax.random.key(0)

    def values():
        p, s = initial()
        losses = []
        for i in range(settings["checkedSteps"]):
            p, s, value = given(p, s, tree(f"noise.{i}.params"), x, y)
            losses.append(value)
        return {"losses": losses}

    def iterate(n):
        nonlocal params, state, key
        for _ in range(n):
            key, own = jax.random.split(key)
            params, state, value = drawn(params, state, own, x, y)
        jax.block_until_ready(params)

    return Contest(values, iterate)
