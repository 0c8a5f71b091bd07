"""Golden values of the gradient transforms and schedules, in float64, from optax.

    python3 -m venv env && env/bin/pip install optax==0.2.8 jax==0.10.2
    env/bin/python golden/gradient/generate.py

Writes optax.json beside this file.
"""

import json
import pathlib

import jax
import jax.numpy as jnp
import optax

jax.config.update("jax_enable_x64", True)

STEPS = 10
PARAMS = {"kernel": jnp.array([[0.5, -1.25], [2.0, 0.125], [-0.75, 1.5]]), "bias": jnp.array([0.25, -3.0])}


def gradient(step):
    """Gradients that grow, change sign and differ between leaves; the same formula stands in the test."""
    return {
        name: jnp.sin(1.0 + 0.7 * jnp.arange(x.size) + 1.3 * step).reshape(x.shape) * (1 + step) * (0.5 if name == "bias" else 1.0)
        for name, x in PARAMS.items()
    }


def path(transform):
    """The parameters after each step."""
    params, state, out = PARAMS, transform.init(PARAMS), []
    for step in range(STEPS):
        updates, state = transform.update(gradient(step), state, params)
        params = optax.apply_updates(params, updates)
        out.append({name: x.ravel().tolist() for name, x in params.items()})
    return out


decay_kernels = {"kernel": True, "bias": False}
transforms = {
    "sgd": optax.sgd(0.1),
    "sgdCosine": optax.sgd(optax.cosine_decay_schedule(0.1, 8)),
    "momentum": optax.sgd(0.1, momentum=0.9),
    "nesterov": optax.sgd(0.1, momentum=0.8, nesterov=True),
    "adam": optax.adam(0.1),
    "adamOther": optax.adam(0.05, b1=0.7, b2=0.95, eps=1e-3),
    "adamw": optax.adamw(0.1, weight_decay=0.05),
    "adamwMasked": optax.adamw(0.1, weight_decay=0.05, mask=decay_kernels),
    "clipByNorm": optax.chain(optax.clip_by_global_norm(2.0), optax.sgd(0.1)),
    "clipByValue": optax.chain(optax.clip(0.6), optax.sgd(0.1)),
    "decayed": optax.chain(optax.add_decayed_weights(0.2), optax.sgd(0.1)),
}

schedules = {
    "constant": optax.constant_schedule(0.3),
    "linear": optax.linear_schedule(1.0, 0.2, 12),
    "cosine": optax.cosine_decay_schedule(0.5, 15, alpha=0.1),
    "exponential": optax.exponential_decay(0.5, 4, 0.7),
    "exponentialBounded": optax.exponential_decay(0.5, 4, 0.7, end_value=0.2),
    "piecewise": optax.piecewise_constant_schedule(1.0, {5: 0.5, 11: 0.1}),
    "warmupCosine": optax.warmup_cosine_decay_schedule(0.01, 1.0, 5, 18, end_value=0.05),
    "joined": optax.join_schedules([optax.linear_schedule(0.0, 1.0, 4), optax.constant_schedule(0.5), optax.exponential_decay(1.0, 2, 0.5)], [4, 9]),
}

out = {
    "provenance": f"optax {optax.__version__}, jax {jax.__version__}, float64; golden/gradient/generate.py",
    "steps": STEPS,
    "params": {name: {"shape": x.shape, "values": x.ravel().tolist()} for name, x in PARAMS.items()},
    "transforms": {name: path(transform) for name, transform in transforms.items()},
    "schedules": {name: [float(schedule(t)) for t in range(20)] for name, schedule in schedules.items()},
}
pathlib.Path(__file__).with_name("optax.json").write_text(json.dumps(out, indent=1) + "\n")
