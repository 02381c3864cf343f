#!/usr/bin/env python3
"""Writes the folder tiny_cross_encoder: a small BertForSequenceClassification of random weights in transformers' layout,
and expected.json with the logits that torch gives for some pairs, tokenized and cut ("longest_first") by transformers.

Needs torch and transformers; the values depend on the seed alone.

    python3 tests/golden/make_cross_encoder_golden.py tests/golden/tiny_cross_encoder
"""

import json
import string
import sys
from pathlib import Path

import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

WORDS = "the river bank money boat water she sat on of loan tree ##s ##ed . , ?".split()
PAIRS = [
    ("river bank", ["The boat sat on the bank of the river.", "She loaned the money.", "", "money?"]),
    ("the money of the bank, the boat of the river, the tree of the water " * 2, ["She sat.", "water " * 60]),
    ("", ["The trees.", ""]),
]
MAX_TOKENS = 40


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    letters = string.ascii_lowercase
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + WORDS + list(letters)
    vocab += ["##" + letter for letter in letters if "##" + letter not in vocab]
    (folder / "vocab.txt").write_text("\n".join(vocab) + "\n")
    config = BertConfig(
        vocab_size=len(vocab), hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40,
        max_position_embeddings=MAX_TOKENS, num_labels=1, architectures=["BertForSequenceClassification"],
    )  # fmt: skip
    model = BertForSequenceClassification(config).eval()
    generator = torch.Generator().manual_seed(20190829)
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            noise = torch.randn(tensor.shape, generator=generator)
            tensor.copy_(1 + 0.1 * noise if name.endswith("LayerNorm.weight") else 0.3 * noise)
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer = BertTokenizerFast(vocab=str(folder / "vocab.txt"), do_lower_case=True)
    assert len(tokenizer) == len(vocab)  # transformers before 5 calls the argument vocab_file and ignores this one
    expected = []
    for question, passages in PAIRS:
        logits = []
        for passage in passages:
            # Lists, as rerankers call it: an empty passage alone would be taken for none.
            pair = tokenizer(
                [question], [passage], truncation="longest_first", max_length=MAX_TOKENS, return_tensors="pt"
            )
            with torch.no_grad():
                logits.append(model(**pair).logits.item())
        expected.append({"question": question, "passages": passages, "logits": logits})
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
