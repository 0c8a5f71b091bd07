"""Hamiltonian Monte Carlo on an MLP's Gibbs posterior, warmed up and adapted by dual averaging: U of every chain after each jittered trajectory."""

import math
import random

import torch
import torch.nn.functional as F
from torch.func import grad_and_value, vmap

from contest import Contest
from dual_averaging import adapted_step
from pytorch import hmc

LEVEL = 4


def ready(inputs, settings, compiled):
    x, y = torch.from_numpy(inputs["x"]), torch.from_numpy(inputs["y"]).long()
    chains, steps, temperature, scale = settings["chains"], settings["leapfrogSteps"], settings["lambda"], settings["priorScale"]
    low, high = math.ceil(steps / 2), math.floor(3 * steps / 2)
    floor = math.exp(-LEVEL)

    def energy(position):
        w1, b1, w2, b2 = (scale * u for u in position)
        logits = F.linear(F.relu(F.linear(x, w1, b1.squeeze(1))), w2, b2.squeeze(1))
        p = torch.exp(-F.cross_entropy(logits, y, reduction="none"))
        return torch.log(floor + (1 - 2 * floor) * p).sum() / -LEVEL

    evaluate = vmap(grad_and_value(energy))
    if compiled:
        evaluate = torch.compile(evaluate)

    def halved_squares(xs):
        return 0.5 * sum(x.square().flatten(1).sum(1) for x in xs)

    def kicked(momentum, position, grads, time):
        return torch._foreach_add(momentum, torch._foreach_add(position, grads, alpha=temperature), alpha=-time)

    torch.manual_seed(0)
    lengths = random.Random(0)
    with torch.no_grad():
        position = tuple(torch.from_numpy(inputs[f"params.{name}"]) for name in hmc.NAMES)
        grads, value = evaluate(position)
    state = (position, value, grads)

    @torch.no_grad()
    def advance(step):
        nonlocal state
        position, value, grads = state
        momentum = tuple(torch.randn_like(p) for p in position)
        q, v, g, p = position, value, grads, momentum
        for _ in range(lengths.randint(low, high)):
            p = kicked(p, q, g, step / 2)
            q = torch._foreach_add(q, p, alpha=step)
            g, v = evaluate(q)
            p = kicked(p, q, g, step / 2)
        change = temperature * (v - value) + (halved_squares(q) - halved_squares(position)) + (halved_squares(p) - halved_squares(momentum))
        acceptance = torch.exp(-change).clamp(max=1).nan_to_num()
        accepted = torch.rand(chains) < acceptance
        choose = lambda a, b: torch.where(accepted.view(-1, *[1] * (a.ndim - 1)), a, b)
        state = (tuple(map(choose, q, position)), torch.where(accepted, v, value), tuple(map(choose, g, grads)))
        return acceptance.mean().item()

    step = adapted_step(advance, settings)
    drawn = []

    def iterate(n):
        for _ in range(n):
            advance(step)
            drawn.append(state[1].clone())

    def taken():
        rows = torch.stack(drawn, dim=1).tolist()
        drawn.clear()
        return rows

    return Contest(hmc.ready(inputs, settings, compiled).values, iterate, taken)
