"""A million standard normals."""

import jax
import jax.numpy as jnp

from contest import Contest


def ready(inputs, settings):
    @jax.jit
    def draw(key):
        key, now = jax.random.split(key)
        return jax.random.normal(now, (settings["n"],)), key

    key = jax.random.key(0)

    def values():
        z, _ = draw(key)
        return {"moments": [z.mean(), jnp.square(z).mean(), (z**4).mean()]}

    def iterate(k):
        nonlocal key
        for _ in range(k):
            z, key = draw(key)
            jax.block_until_ready(z)

    return Contest(values, iterate)
