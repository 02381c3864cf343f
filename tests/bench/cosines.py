#!/usr/bin/env python3
"""How far a coarser precision takes vectors from float32's: cosines over 300 of SciFact's questions and 200 abstracts.

usage: cosines.py PROGRAM SCIFACT [--model NAME]… [--precision NAME]…

SCIFACT is the folder with queries.jsonl and corpus.jsonl. The instruction set is the one that would run.
"""
import argparse
import array
import json
import os
import subprocess
import tempfile
from pathlib import Path

MODELS = ("bge-small-en-v1.5", "all-MiniLM-L6-v2")


def texts_of(file, count):
    with open(file, encoding="utf-8") as lines:
        entries = [json.loads(line) for line, _ in zip(lines, range(count))]
    return [" ".join(((entry.get("title") or "") + " " + entry["text"]).split()) for entry in entries]


def vectors_of(program, model, precision, texts):
    with tempfile.TemporaryDirectory() as work:
        file, out = Path(work) / "texts", Path(work) / "vectors"
        file.write_text("\n".join(texts) + "\n", encoding="utf-8")
        subprocess.run([program, "embed", "--model", model, "--file", file, "--format", "f32", "-o", out], check=True,
                       env=dict(os.environ, RIVERBANK_PRECISION=precision), capture_output=True)
        values = array.array("f", out.read_bytes())
    size = len(values) // len(texts)
    return [values[i * size:(i + 1) * size] for i in range(len(texts))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("scifact", type=Path)
    parser.add_argument("--model", action="append")
    parser.add_argument("--precision", action="append", help="int8, bf16; int8 unless told")
    arguments = parser.parse_args()
    sets = {"questions": texts_of(arguments.scifact / "queries.jsonl", 300),
            "abstracts": texts_of(arguments.scifact / "corpus.jsonl", 200)}
    for model in arguments.model or MODELS:
        for name, texts in sets.items():
            exact = vectors_of(arguments.program, model, "f32", texts)
            for precision in arguments.precision or ["int8"]:
                coarse = vectors_of(arguments.program, model, precision, texts)
                cosines = [sum(x * y for x, y in zip(a, b)) for a, b in zip(exact, coarse)]
                print(f"{model:20s} {precision:5s} {len(texts)} {name}: cosine to float32 mean "
                      f"{sum(cosines) / len(cosines):.5f}, least {min(cosines):.5f}", flush=True)


if __name__ == "__main__":
    main()
