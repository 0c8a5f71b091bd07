"""One step of SAM, mean-field VI, IVON or their base optimiser, SGD with momentum, on a fixed batch; the structure of the optimisers that people use."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from contest import Contest
from pytorch import lenet

MLP_LAYERS = {"0": "layers.0", "2": "layers.1"}


def perceptron(inputs):
    model = nn.Sequential(nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))
    state = {}
    for name, path in MLP_LAYERS.items():
        state[f"{name}.weight"] = torch.from_numpy(inputs[f"params.{path}.kernel"]).T
        state[f"{name}.bias"] = torch.from_numpy(inputs[f"params.{path}.bias"])
    model.load_state_dict(state)
    return model


def noise_of(inputs, step, names, convolutional):
    """The noise of a step, in the order and layout of the parameters."""
    drawn = {}
    for name, path in (lenet.LAYERS if convolutional else MLP_LAYERS).items():
        kernel = torch.from_numpy(inputs[f"noise.{step}.params.{path}.kernel"])
        drawn[f"{name}.weight"] = lenet.weight(name, kernel) if convolutional else kernel.T
        drawn[f"{name}.bias"] = torch.from_numpy(inputs[f"noise.{step}.params.{path}.bias"])
    return [drawn[name] for name in names]


class Base:
    def __init__(self, params, settings):
        self.inner = torch.optim.SGD(params, lr=settings["learningRate"], momentum=0.9)

    def step(self, closure, noise):
        self.inner.zero_grad(set_to_none=True)
        loss = closure()
        self.inner.step()
        return loss


class Sam(Base):
    def __init__(self, params, settings):
        super().__init__(params, settings)
        self.params, self.rho = params, settings["rho"]

    def step(self, closure, noise):
        self.inner.zero_grad(set_to_none=True)
        closure()
        with torch.no_grad():
            length = torch.norm(torch.stack([p.grad.norm(p=2) for p in self.params]), p=2)
            scale = self.rho / (length + 1e-12)
            old = [p.clone() for p in self.params]
            for p in self.params:
                p.add_(p.grad * scale)
        self.inner.zero_grad(set_to_none=True)
        loss = closure()
        with torch.no_grad():
            for p, before in zip(self.params, old):
                p.copy_(before)
        self.inner.step()
        return loss


class Mfvi:
    def __init__(self, params, settings):
        size = sum(p.numel() for p in params)
        self.params, self.weight = params, 1 / settings["n"]
        self.log_scales = [torch.full_like(p, math.log(settings["rho"] / math.sqrt(size))) for p in params]
        self.inner = torch.optim.SGD([*params, *self.log_scales], lr=settings["learningRate"], momentum=0.9)

    def step(self, closure, noise):
        self.inner.zero_grad(set_to_none=True)
        with torch.no_grad():
            old = [p.clone() for p in self.params]
            offsets = []
            for i, (p, scale) in enumerate(zip(self.params, self.log_scales)):
                z = torch.randn_like(p) if noise is None else noise[i]
                offsets.append(scale.exp().mul_(z))
                p.add_(offsets[-1])
        loss = closure()
        with torch.no_grad():
            for p, before, scale, offset in zip(self.params, old, self.log_scales, offsets):
                p.copy_(before)
                scale.grad = p.grad * offset + self.weight * (torch.exp(2 * scale) - 1)
                p.grad.add_(p, alpha=self.weight)
        self.inner.step()
        return loss


class Ivon:
    def __init__(self, params, settings):
        self.params, self.ess, self.rate = params, settings["n"], settings["learningRate"]
        self.decay, self.initial, self.b1, self.b2, self.count = 1e-4, 1.0, 0.9, 0.99999, 0
        self.means = [p.detach().clone() for p in params]
        self.hessians = [torch.full_like(p, self.initial) for p in params]
        self.momenta = [torch.zeros_like(p) for p in params]

    def step(self, closure, noise):
        offsets = []
        with torch.no_grad():
            for i, (p, mean, hessian) in enumerate(zip(self.params, self.means, self.hessians)):
                p.grad = None
                z = torch.randn_like(p) if noise is None else noise[i]
                offsets.append(z * torch.rsqrt(self.ess * (hessian + self.decay)))
                p.copy_(mean + offsets[-1])
        loss = closure()
        self.count += 1
        unbiased = 1 - self.b1**self.count
        with torch.no_grad():
            for p, mean, hessian, velocity, offset in zip(self.params, self.means, self.hessians, self.momenta, offsets):
                estimate = offset * p.grad * (self.ess * (hessian + self.decay))
                velocity.mul_(self.b1).add_(p.grad, alpha=1 - self.b1)
                correction = 0.5 * (1 - self.b2) ** 2 * (hessian - estimate).square() / (hessian + self.decay)
                hessian.add_((estimate - hessian).mul_(1 - self.b2)).add_(correction)
                update = (velocity / unbiased + self.decay * mean) / (hessian + self.decay)
                mean.add_(update, alpha=-self.rate * (self.initial + self.decay))
                p.copy_(mean)
        return loss


ALGORITHMS = [Base, Sam, Mfvi, Ivon]


def ready(inputs, settings, compiled):
    convolutional = settings["network"] == 1
    x, y = torch.from_numpy(inputs["x"]), torch.from_numpy(inputs["y"]).long()
    if convolutional:
        x = x.permute(0, 3, 1, 2).contiguous()

    def training():
        model = lenet.loaded(inputs) if convolutional else perceptron(inputs)
        names, params = zip(*model.named_parameters())
        optimizer = ALGORITHMS[settings["algorithm"]](list(params), settings)
        forward = torch.compile(lambda x, y: F.cross_entropy(model(x), y)) if compiled else lambda x, y: F.cross_entropy(model(x), y)

        def closure():
            loss = forward(x, y)
            loss.backward()
            return loss.detach()

        return names, lambda noise=None: optimizer.step(closure, noise)

    _, step = training()

    def values():
        names, fresh = training()
        return {"losses": [fresh(noise_of(inputs, i, names, convolutional)).item() for i in range(settings["checkedSteps"])]}

    def iterate(n):
        for _ in range(n):
            step()

    return Contest(values, iterate)
