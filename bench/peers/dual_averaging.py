"""Dual averaging of a step size, by Hoffman and Gelman's formulas and defaults."""

import math


def adapted_step(acceptance, settings):
    """The step size after `warmup` steps; acceptance(step) takes one and returns its mean acceptance."""
    mu = math.log(10 * settings["stepSize"])
    missed, log_step = 0.0, math.log(settings["stepSize"])
    average = log_step
    for t in range(1, settings["warmup"] + 1):
        weight = 1 / (t + 10)
        missed = (1 - weight) * missed + weight * (settings["target"] - acceptance(math.exp(log_step)))
        log_step = mu - math.sqrt(t) / 0.05 * missed
        eta = t**-0.75
        average = eta * log_step + (1 - eta) * average
    return math.exp(average)
