#!/usr/bin/env python3
"""Compares the two things `riverbank embed --long` can do with a text beyond the model's window: cut it, or read it
through windows and pool them. One vector a document, and questions whose document is known.

  book   each section heading of the Rust book asks for the chapter it stands in; headings are taken out of the chapters
  peps   each title asks for its PEP; the title line is taken out

Only documents longer than the model's limit take part. Needs numpy, and the data in ../shared/data beside the checkout
(or where RIVERBANK_SHARED_DATA says).

    python3 tests/bench/long_texts.py build/riverbank --model bge-small-en-v1.5 --documents 40
"""

import argparse
import io
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

DATA = Path(os.environ.get("RIVERBANK_SHARED_DATA", Path(__file__).resolve().parents[2] / "../shared/data"))
LIMITS = {"bge-small-en-v1.5": 512, "all-MiniLM-L6-v2": 256}
CHARACTERS_A_TOKEN = 6.0  # English prose has fewer, so that what is kept is certainly long


def embed(options, texts, *flags):
    run = subprocess.run(
        [options.program, "embed", "--model", options.model, "--null", "--file", "-", "--format", "npy", *flags],
        input="".join(text.replace("\0", " ") + "\0" for text in texts).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return np.load(io.BytesIO(run.stdout))


def book(options):
    """(documents, [(question, number of its document)])"""
    documents, questions = [], []
    files = sorted((DATA / "docs_rust_book/src").glob("*.md"))
    random.Random(1).shuffle(files)
    for file in files:
        lines = file.read_text().split("\n")
        headings = [line.lstrip("# ").replace("`", "") for line in lines if re.match("##+ ", line)]
        text = "\n".join(line for line in lines if not re.match("#+ ", line))
        if len(text) < options.characters or len(documents) >= options.documents:
            continue
        questions += [(heading, len(documents)) for heading in headings]
        documents.append(text)
    return documents, questions


def peps(options):
    rows = [line.split("\t") for line in (DATA / "docs_peps/titles.tsv").read_text().splitlines()[1:]]
    random.Random(1).shuffle(rows)
    documents, questions = [], []
    for title, name, *_ in rows:
        file = DATA / "docs_peps/peps" / name
        if not file.exists():
            continue
        lines = file.read_text(errors="replace").split("\n")
        text = "\n".join(line for line in lines if not line.startswith("Title:"))
        if len(text) < options.characters or len(documents) >= options.documents:
            continue
        questions.append((title, len(documents)))
        documents.append(text)
    return documents, questions


def measured(questions, documents, answers):
    scores = questions @ documents.T
    ranks = 1 + (scores > scores[np.arange(len(answers)), answers][:, None]).sum(1)
    reciprocal = np.where(ranks <= 10, 1 / ranks, 0)
    return reciprocal, f"MRR@10 {reciprocal.mean():.3f}   first {np.mean(ranks == 1):.3f}   in 10 {np.mean(ranks <= 10):.3f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--model", default="bge-small-en-v1.5", choices=LIMITS)
    parser.add_argument("--documents", type=int, default=100, help="how many long ones of each set, chosen by seed 1")
    parser.add_argument("--set", choices=["book", "peps"], help="only this one")
    options = parser.parse_args()
    options.characters = LIMITS[options.model] * CHARACTERS_A_TOKEN
    if not DATA.exists():
        sys.exit(f"needs the data in {DATA}")
    generator = np.random.default_rng(1)
    for read in [book, peps]:
        if options.set not in (None, read.__name__):
            continue
        documents, asked = read(options)
        answers = np.array([answer for _, answer in asked])
        questions = embed(options, [question for question, _ in asked], "--query")
        print(f"{read.__name__}: {len(documents)} documents, {len(asked)} questions, {options.model}", flush=True)
        reciprocal = {}
        for how in ["cut", "windows"]:
            start = time.time()
            reciprocal[how], line = measured(questions, embed(options, documents, "--long", how), answers)
            print(f"  {how:8} {line}   {time.time() - start:.0f} s", flush=True)
        difference = reciprocal["windows"] - reciprocal["cut"]
        draws = generator.choice(difference, (10_000, len(difference))).mean(1)
        low, high = np.percentile(draws, [2.5, 97.5])
        print(f"  windows - cut: {difference.mean():+.3f} MRR@10, 95 % bootstrap interval {low:+.3f} to {high:+.3f}")


if __name__ == "__main__":
    main()
