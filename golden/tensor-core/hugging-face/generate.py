"""Tiny models saved by transformers, with their logits; and a check of models that ours saved.

    python3 -m venv env && env/bin/pip install torch==2.13.0 transformers==5.18.0 safetensors
    env/bin/python golden/tensor-core/hugging-face/generate.py          writes gpt2.* and llama.* beside this file
    env/bin/python golden/tensor-core/hugging-face/generate.py FOLDER   loads config.json and model.safetensors of a folder, prints the logits

Weights are waves, 0.3 sin(phase + 0.37 i) over a tensor's elements in row-major order, scales of norms around 1. The logits are those of tokens
3 1 4 1 5 9 2 6, in float64.
"""

import json
import pathlib
import shutil
import sys
import tempfile

import torch
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

TOKENS = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6]])


def logits(model):
    return model.double().eval()(TOKENS).logits.flatten().tolist()


def save(name, model, here):
    with torch.no_grad():
        for i, (path, x) in enumerate(model.named_parameters()):
            wave = 0.3 * torch.sin(i + 1.0 + 0.37 * torch.arange(x.numel(), dtype=torch.float64))
            scale = "ln_" in path and path.endswith("weight") or "norm" in path
            x.copy_((wave + (1.0 if scale else 0.0)).reshape(x.shape).float())
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        shutil.copy(f"{folder}/model.safetensors", here / f"{name}.safetensors")
        config = json.loads(pathlib.Path(folder, "config.json").read_text())
    (here / f"{name}.json").write_text(json.dumps({"config": config, "logits": logits(model)}, indent=1) + "\n")


if len(sys.argv) > 1:
    print(json.dumps(logits(AutoModelForCausalLM.from_pretrained(sys.argv[1]))))
else:
    here = pathlib.Path(__file__).parent
    quiet = {"attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0, "bos_token_id": 0, "eos_token_id": 0}
    save("gpt2", GPT2LMHeadModel(GPT2Config(vocab_size=11, n_positions=8, n_embd=8, n_layer=2, n_head=2, **quiet)), here)
    llama = LlamaConfig(vocab_size=11, max_position_embeddings=8, hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, rms_norm_eps=1e-5, rope_theta=500.0, bos_token_id=0, eos_token_id=0)
    save("llama", LlamaForCausalLM(llama), here)
