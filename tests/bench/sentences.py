#!/usr/bin/env python3
"""Distinct real sentences, one a line, out of what stands in ../shared/data: what graphs of vectors are measured with.

usage: sentences.py DATA > sentences.txt
       riverbank embed --file sentences.txt --format f32 -o sentences.f32
       riverbank bench vectors --vectors sentences.f32 --limit 10000

Abstracts (SciFact), paragraphs and questions (XQuAD), pairs (STS-B), passages (GAP), the Rust book and the PEPs, in an
order that a seed shuffles. A sentence ends at . ! or ? before a space and a capital; 20 to 400 characters.
"""
import json
import random
import re
import sys
from pathlib import Path

SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(])")


def texts(data):
    for name in ("scifact", "xquad_en"):
        for file in ("corpus.jsonl", "queries.jsonl"):
            for line in open(data / name / file, encoding="utf-8"):
                entry = json.loads(line)
                yield entry.get("title") or ""
                yield entry["text"]
    for file in sorted((data / "stsb").glob("*.tsv")) + sorted((data / "gap").glob("*.tsv")):
        for line in open(file, encoding="utf-8"):
            yield from (field for field in line.rstrip("\n").split("\t") if field.count(" ") >= 3)
    for file in sorted((data / "docs_rust_book").rglob("*.md")) + sorted((data / "docs_peps").rglob("*.rst")):
        yield from re.split(r"\n\s*\n", file.read_text(encoding="utf-8"))


found = {}
for text in texts(Path(sys.argv[1])):
    for sentence in SENTENCE_END.split(" ".join(text.split())):
        if 20 <= len(sentence) <= 400 and sentence.count(" ") >= 3:
            found.setdefault(sentence)
sentences = list(found)
random.Random(1).shuffle(sentences)
print("\n".join(sentences))
