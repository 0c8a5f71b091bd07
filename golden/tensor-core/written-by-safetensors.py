"""Writes written-by-safetensors.bin, by Hugging Face's own package: pip install safetensors==0.8.0 numpy; python safetensors.py"""

from pathlib import Path

import numpy
from safetensors.numpy import save_file

save_file(
    {
        "weights": numpy.array([[1.5, -2.0, 3.25], [numpy.inf, -0.0, 1e-45]], dtype=numpy.float32),
        "count": numpy.array(-7, dtype=numpy.int32),
        "mask": numpy.array([True, False, True]),
        "none": numpy.zeros([0, 4], dtype=numpy.float32),
        "größe.µ": numpy.arange(5, dtype=numpy.int32),
    },
    Path(__file__).parent / "written-by-safetensors.bin",
    metadata={"step": "3", "by": "safetensors 0.8.0"},
)
