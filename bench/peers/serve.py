"""Serves one framework to the bench: a JSON request a line on standard input, a JSON answer a line on standard output.

    python serve.py pytorch|compile|jax

ready   loads inputs, compiles, and answers with the values that must agree between the contestants
turn    runs untimed and then timed iterations, and answers with the seconds of the timed ones
memory  answers with the peak of the resident memory, bytes
"""

import importlib
import json
import os
import sys
import time
import traceback

# Answers keep the real standard output; whatever a library prints goes to standard error.
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)

framework = sys.argv[1]
threads = int(os.environ["BENCH_THREADS"])


def framework_facts():
    if framework == "jax":
        import jax
        import numpy
        import optax

        return {"jax": jax.__version__, "jaxlib": jax.lib.__version__, "optax": optax.__version__, "numpy": numpy.__version__}
    import torch

    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    return {"torch": torch.__version__, "mkl": str(torch.backends.mkl.is_available()), "capability": torch.backends.cpu.get_cpu_capability()}


def peak_memory():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except FileNotFoundError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def answer_to(request, contest):
    if request["do"] == "facts":
        return {"versions": {"python": sys.version.split()[0], **framework_facts()}}, contest
    if request["do"] == "ready":
        from safetensors.numpy import load_file

        inputs = load_file(request["inputs"]) if request["inputs"] else {}
        package = "xla" if framework == "jax" else "pytorch"
        start = time.perf_counter()
        module = importlib.import_module(f"{package}.{request['module']}")
        contest = module.ready(inputs, request["settings"], **({} if framework == "jax" else {"compiled": framework == "compile"}))
        values = contest.values()
        return {"seconds": time.perf_counter() - start, "values": {name: [float(v) for v in vs] for name, vs in values.items()}}, contest
    if request["do"] == "turn":
        cpu_before = time.process_time()
        contest.iterate(request["warm"])
        start = time.perf_counter()
        contest.iterate(request["iterations"])
        seconds = time.perf_counter() - start
        turn = {"seconds": seconds, "cpuBefore": cpu_before, "cpuAfter": time.process_time()}
        return turn | ({"drawn": contest.drawn()} if contest.drawn else {}), contest
    if request["do"] == "memory":
        return {"peak": peak_memory()}, contest
    raise ValueError(f"unknown request {request['do']!r}")


contest = None
for line in sys.stdin:
    try:
        answer, contest = answer_to(json.loads(line), contest)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}
    answers.write(json.dumps(answer) + "\n")
