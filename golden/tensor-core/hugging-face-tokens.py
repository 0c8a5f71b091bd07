"""Fills in the tokens that Hugging Face's tokenizers give to the texts of hugging-face-tokens.json, by the tokenizer in it.

tokenizers 0.23.2, Python 3: python hugging-face-tokens.py
"""

import json
import sys
import types
from pathlib import Path

try:
    import huggingface_hub  # noqa: F401
except ImportError:
    # Only needed to download what is read from the file here.
    sys.modules["huggingface_hub"] = types.ModuleType("huggingface_hub")
from tokenizers import Tokenizer

path = Path(__file__).with_name("hugging-face-tokens.json")
golden = json.loads(path.read_text(encoding="utf-8"))
tokenizer = Tokenizer.from_str(json.dumps(golden["tokenizer"]))
for encoding in golden["encodings"]:
    encoding["ids"] = tokenizer.encode(encoding["text"]).ids
path.write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
