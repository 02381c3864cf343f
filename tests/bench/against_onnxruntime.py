#!/usr/bin/env python3
"""Encodes the same texts with riverbank and with onnxruntime in float32, in turn, and prints tokens a second of each.

usage: against_onnxruntime.py PROGRAM MODEL MODEL.onnx TOKENIZER.json corpus.jsonl [--limit N] [--threads N]

Needs the PyPI packages onnxruntime, tokenizers and numpy. Both sides tokenize inside the timed part. riverbank's time is
that of a process with the texts three times over less that of one with them once, halved, so that its start-up does not
count; onnxruntime gets its texts sorted by length and the best of three batch sizes. The fastest of three rounds counts.
"""
import argparse
import json
import subprocess
import tempfile
import time

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

parser = argparse.ArgumentParser()
for name in ("program", "model", "onnx", "tokenizer", "corpus"):
    parser.add_argument(name)
parser.add_argument("--limit", type=int, default=100)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--max-tokens", type=int, default=256)
parser.add_argument("--pooling", choices=("mean", "cls"), default="mean")
arguments = parser.parse_args()

with open(arguments.corpus, encoding="utf-8") as lines:
    documents = [json.loads(line) for line, _ in zip(lines, range(arguments.limit))]
texts = [" ".join((d["title"] + " " + d["text"]).split()) for d in documents]
tokenizer = Tokenizer.from_file(arguments.tokenizer)
tokenizer.enable_truncation(arguments.max_tokens)
tokenizer.no_padding()
tokens = sum(len(e.ids) for e in tokenizer.encode_batch(texts))

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = arguments.threads
session = onnxruntime.InferenceSession(arguments.onnx, options, providers=["CPUExecutionProvider"])
inputs = {i.name for i in session.get_inputs()}


def by_onnxruntime(size):
    ids = [e.ids for e in tokenizer.encode_batch(texts)]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    vectors = [None] * len(ids)
    for begin in range(0, len(order), size):
        batch = order[begin : begin + size]
        width = max(len(ids[i]) for i in batch)
        x = np.zeros((len(batch), width), np.int64)
        mask = np.zeros_like(x)
        for row, i in enumerate(batch):
            x[row, : len(ids[i])] = ids[i]
            mask[row, : len(ids[i])] = 1
        feed = {"input_ids": x, "attention_mask": mask, "token_type_ids": np.zeros_like(x)}
        hidden = session.run(None, {k: v for k, v in feed.items() if k in inputs})[0]
        weights = mask[..., None].astype(np.float32)
        pooled = hidden[:, 0] if arguments.pooling == "cls" else (hidden * weights).sum(1) / weights.sum(1)
        for row, i in enumerate(batch):
            vectors[i] = pooled[row] / np.linalg.norm(pooled[row])
    return np.stack(vectors)


def by_riverbank(repeats):
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file, tempfile.NamedTemporaryFile() as out:
        file.write("\n".join(texts * repeats) + "\n")
        file.flush()
        command = [arguments.program, "embed", "--long", "cut", "--file", file.name]
        command += ["--model", arguments.model, "--format", "f32"]
        started = time.perf_counter()
        subprocess.run(command + ["--threads", str(arguments.threads), "-o", out.name], check=True, stderr=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
        return seconds, np.fromfile(out.name, np.float32).reshape(len(texts) * repeats, -1)[: len(texts)]


theirs, ours = {}, []
for _ in range(3):
    for size in (1, 8, 32):
        started = time.perf_counter()
        expected = by_onnxruntime(size)
        theirs.setdefault(size, []).append(time.perf_counter() - started)
    once, vectors = by_riverbank(1)
    thrice, _ = by_riverbank(3)
    ours.append((thrice - once) / 2)
size, best = min(((size, min(times)) for size, times in theirs.items()), key=lambda pair: pair[1])
print(f"{len(texts)} texts, {tokens} tokens, {arguments.threads} thread(s)")
print(f"onnxruntime float32  {tokens / best:8.0f} tokens/s (batch {size})")
print(f"riverbank float32    {tokens / min(ours):8.0f} tokens/s")
print(f"ratio {best / min(ours):.2f}; least cosine between the two {(expected * vectors).sum(1).min():.6f}")
