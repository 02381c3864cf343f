#!/usr/bin/env python3
"""Writes what a real encoder makes of 200 texts, by onnxruntime and the tokenizers package.

    python3 tests/golden/make_encoder_golden.py texts tests/golden/encoder_texts.json
    python3 tests/golden/make_encoder_golden.py vectors tests/golden/encoder_texts.json MODEL_FOLDER \\
        --onnx model.onnx --pooling mean --max-tokens 256 tests/golden/encoder_all-MiniLM-L6-v2.safetensors
    python3 tests/golden/make_encoder_golden.py vectors tests/golden/encoder_texts.json MODEL_FOLDER \\
        --onnx model.onnx --pooling cls --max-tokens 512 tests/golden/encoder_bge-small-en-v1.5.safetensors

The texts are written here, by hand and by a seeded generator. A long one is kept as a text and how often to repeat it.
The vectors are unit vectors times 32,767, rounded to int16: within 1.6e-5 of the truth. Beside them stands how many
tokens each text has. Needs numpy, onnxruntime, tokenizers and safetensors.
"""

import argparse
import json
import random

SEED = 20181011
COUNT = 200

PLAIN = [
    "",
    " ",
    "\n\t \r\n",
    "a",
    "A",
    ".",
    "?!?!",
    "0",
    "the",
    "bank",
    "He sat on the bank of the river and watched the ferry cross.",
    "She paid the cheque in at the bank on the corner of the square.",
    "Reeds and willows grew along the muddy bank.",
    "The bank raised its lending rates for the third time this year.",
    "The pilot had to bank sharply to the left to avoid the storm.",
    "Which bank has the lowest fees for sending money abroad?",
    "How do I keep slugs away from young lettuce?",
    "Turn the compost every two weeks so that air reaches the middle of the heap.",
    "A lighthouse keeper used to wind the clockwork that turned the lens every four hours.",
    "Sourdough needs a long, slow rise; the colder the kitchen, the longer it takes.",
    "The treaty was signed in a railway carriage, and nobody who was there believed in it.",
    "What is the difference between a process and a thread?",
    "A mutex lets one thread at a time enter the critical section; the others wait.",
    "Bees tell each other the direction of food by dancing in the dark hive.",
    "It's, don't, we'll, they've, O'Neill's: apostrophes everywhere.",
    "U.S.A., e.g., i.e., 3.14159, 1,000,000, 50%, $9.99, \u00a37, \u20ac8",
    "http://example.org/a/b?c=d&e=f#g and mail to someone@example.org",
    "state-of-the-art, mother-in-law, re-elect, co-operate",
    "for (int i = 0; i < n; ++i) { sum += a[i] * b[i]; }",
    "SELECT name, COUNT(*) FROM visits GROUP BY name HAVING COUNT(*) > 3;",
    "def area(radius):\n    return 3.14159 * radius ** 2\n",
    "E = m c^2; a^2 + b^2 = c^2; x \u2208 \u211d, \u2211 x_i \u2264 1, \u222b f(x) dx",
    "[CLS] and [SEP] and [MASK] and [UNK] and [PAD] written out in a text",
    "##ing ##ed ##s",
    "ALL CAPITALS ARE LOWERED BY THE TOKENIZER",
    "CamelCase snake_case kebab-case SCREAMING_SNAKE",
    "antidisestablishmentarianism floccinaucinihilipilification",
    "x" * 99,
    "x" * 100,
    "x" * 101,
    "supercalifragilistic" * 9,
    "Der Fluss trat \u00fcber die Ufer, und die alte Br\u00fccke stand bis zum Gel\u00e4nder im Wasser.",
    "Die Bank auf dem Marktplatz \u00f6ffnet um neun Uhr; die Bank davor ist frisch gestrichen.",
    "La boulangerie ferme \u00e0 midi, mais le caf\u00e9 d'en face reste ouvert jusqu'au soir.",
    "El r\u00edo baja con mucha agua despu\u00e9s de las lluvias de oto\u00f1o.",
    "Il treno per la costa parte dal binario sette fra dieci minuti.",
    "Fra s\u00f8en kunne man se fyret, lille og hvidt p\u00e5 den yderste \u00f8.",
    "Powr\u00f3ci\u0142 do domu p\u00f3\u017anym wieczorem, zm\u0119czony i g\u0142odny.",
    "\u0421\u0442\u0430\u0440\u044b\u0439 \u043c\u043e\u0441\u0442 \u0447\u0435\u0440\u0435\u0437 \u0440\u0435\u043a\u0443 \u0437\u0430\u043a\u0440\u044b\u0442 \u043d\u0430 \u0440\u0435\u043c\u043e\u043d\u0442.",
    "\u03a4\u03bf \u03c0\u03bb\u03bf\u03af\u03bf \u03c6\u03b5\u03cd\u03b3\u03b5\u03b9 \u03c3\u03c4\u03b9\u03c2 \u03bf\u03ba\u03c4\u03ce \u03c4\u03bf \u03c0\u03c1\u03c9\u03af.",
    "\u6cb3\u8fb9\u7684\u6811\u5728\u98ce\u4e2d\u6447\u6643\u3002",
    "\u6771\u4eac\u306e\u6625\u306f\u685c\u304c\u304d\u308c\u3044\u3067\u3059\u3002",
    "\u30ab\u30bf\u30ab\u30ca\u3068\u3072\u3089\u304c\u306a",
    "\uac15\uac00\uc5d0\uc11c \uc0b0\ucc45\uc744 \ud588\ub2e4.",
    "\u0627\u0644\u0646\u0647\u0631 \u0642\u0631\u064a\u0628 \u0645\u0646 \u0627\u0644\u0628\u064a\u062a",
    "\u05d4\u05e0\u05d4\u05e8 \u05e7\u05e8\u05d5\u05d1 \u05dc\u05d1\u05d9\u05ea",
    "\u0928\u0926\u0940 \u0915\u0947 \u0915\u093f\u0928\u093e\u0930\u0947 \u090f\u0915 \u092a\u0947\u0921\u093c \u0939\u0948\u0964",
    "\u0e41\u0e21\u0e48\u0e19\u0e49\u0e33\u0e2d\u0e22\u0e39\u0e48\u0e43\u0e01\u0e25\u0e49\u0e1a\u0e49\u0e32\u0e19",
    "\U0001f980 \U0001f41f\U0001f41f \U0001f469\u200d\U0001f52c \U0001f1e9\U0001f1f0",
    "caf\u00e9 cafe\u0301 na\u00efve nai\u0308ve \u00c5ngstr\u00f6m",
    "\ufb01ne \ufb02ow \u2460 \u00bd \u216b \uff26\uff35\uff2c\uff2c",
    "zero\u200bwidth, soft\u00adhyphen, non\u00a0breaking, \ufeffmark",
    "tab\tnew\nline\rreturn\x0bvertical\x0cform",
    "bell\x07 null\x00 escape\x1b[31m delete\x7f",
    "\u201cquoted\u201d \u2018single\u2019 \u2014 dash \u2013 dash \u2026 dots",
    "1" * 60,
    "- [ ] one\n- [x] two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    "# Heading\n\nA paragraph under a heading, with `code`, *emphasis* and a [link](other.md).",
]

SUBJECTS = ["The harbour master", "A tired nurse", "My neighbour", "The old compiler", "Every second pupil", "The glacier",
            "A flock of starlings", "The night train", "An unread letter", "The committee", "Her grandmother's clock",
            "The orchard", "A careful engineer", "The river ferry", "Nobody in the village"]
VERBS = ["remembers", "has lost", "measures", "is waiting for", "never mentions", "carries", "repairs", "feeds", "draws",
         "can hardly see", "depends on", "once borrowed", "outlived", "complains about", "keeps a record of"]
OBJECTS = ["the tide tables", "a copper kettle", "the missing page", "three kinds of moss", "the price of salt",
           "the second movement", "a broken umbrella", "the winter of 1947", "seventeen unpaid bills", "the lower field",
           "an argument about tea", "the signal box", "the error log", "a map without names", "the first snow"]
ENDINGS = ["in spite of the rain", "before breakfast", "for reasons of its own", "as if nothing had happened",
           "on the far side of the hill", "with surprising patience", "and says so", "until the lamps are lit",
           "because the bridge is closed", "at 4.30 every morning", "twice a year", "without being asked"]


def sentence(generator):
    parts = [generator.choice(SUBJECTS), generator.choice(VERBS), generator.choice(OBJECTS), generator.choice(ENDINGS)]
    return " ".join(parts) + "."


def make_texts():
    generator = random.Random(SEED)
    texts = [{"text": text} for text in PLAIN]
    # Longer than either model reads (256 and 512 tokens), and around both limits.
    texts += [{"text": "over the limit and cut there; ", "repeat": repeat} for repeat in (40, 90, 400)]
    texts += [{"text": "word ", "repeat": repeat} for repeat in (253, 254, 255, 509, 510, 511)]
    texts += [{"text": sentence(generator) + " ", "repeat": 30}]
    while len(texts) < COUNT:
        count = generator.choice([1, 1, 1, 2, 2, 3, 4, 6, 9, 14, 22])
        texts.append({"text": " ".join(sentence(generator) for _ in range(count))})
    return texts


def write_texts(path):
    with open(path, "w", encoding="ascii") as file:
        entries = ",\n".join(json.dumps(entry) for entry in make_texts())
        file.write(f"[\n{entries}\n]\n")


def write_vectors(arguments):
    import numpy
    import onnxruntime
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(arguments.model + "/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(arguments.max_tokens)
    session = onnxruntime.InferenceSession(arguments.onnx)
    with open(arguments.texts, encoding="ascii") as file:
        texts = [entry["text"] * entry.get("repeat", 1) for entry in json.load(file)]

    vectors, counts = [], []
    for text in texts:  # alone, so that padding has no part in it
        ids = numpy.array([tokenizer.encode(text).ids], dtype=numpy.int64)
        inputs = {"input_ids": ids, "attention_mask": numpy.ones_like(ids), "token_type_ids": numpy.zeros_like(ids)}
        hidden = session.run(None, inputs)[0][0].astype(numpy.float64)
        vector = hidden[0] if arguments.pooling == "cls" else hidden.mean(axis=0)
        vectors.append(vector / numpy.linalg.norm(vector))
        counts.append(ids.shape[1])
    golden = {
        "vectors": numpy.round(numpy.array(vectors) * 32767).astype(numpy.int16),
        "tokens": numpy.array(counts, dtype=numpy.int32),
    }
    save_file(golden, arguments.output)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    texts = verbs.add_parser("texts")
    texts.add_argument("output")
    texts.set_defaults(run=lambda arguments: write_texts(arguments.output))
    vectors = verbs.add_parser("vectors")
    vectors.add_argument("texts")
    vectors.add_argument("model", help="the folder with its tokenizer.json")
    vectors.add_argument("--onnx", required=True)
    vectors.add_argument("--pooling", choices=["cls", "mean"], required=True)
    vectors.add_argument("--max-tokens", type=int, required=True)
    vectors.add_argument("output")
    vectors.set_defaults(run=write_vectors)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
