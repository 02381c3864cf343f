#!/usr/bin/env python3
"""The most memory that indexing takes, and how it grows with the folder.

usage: memory.py PROGRAM FOLDER [--model NAME] [--chunk-tokens N] [--files N,N,…]

Indexes the first N files of a folder from nothing, for each N (without --files: all), into an index of its own that is
thrown away. Looks at the process fifty times a second. Own memory is RssAnon, which nobody else can use; mapped is
RssFile: program, weights, graph and vectors as the kernel holds them anyway and takes back when it wants to.
"""
import argparse
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path


def most_memory(command):
    """The most of RssAnon and of RssFile, in MB."""
    most = {"RssAnon": 0, "RssFile": 0}
    with tempfile.TemporaryFile("w+") as said, subprocess.Popen(command, stdout=said, stderr=said) as process:
        while process.poll() is None:
            try:
                lines = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
            except OSError:
                break
            for line in lines:
                name, _, rest = line.partition(":")
                if name in most:
                    most[name] = max(most[name], int(rest.split()[0]) * 1024 / 1e6)
            time.sleep(0.02)
        if process.wait() != 0:
            said.seek(0)
            raise SystemExit(f"{' '.join(map(str, command))} failed:\n{said.read()}")
    return most


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="all-MiniLM-L6-v2")
    parser.add_argument("--chunk-tokens", type=int, default=256)
    parser.add_argument("--files", type=lambda text: [int(part) for part in text.split(",")], default=[0])
    arguments = parser.parse_args()
    files = sorted(path for path in arguments.folder.rglob("*") if path.is_file())
    for count in arguments.files:
        with tempfile.TemporaryDirectory() as work:
            some = Path(work) / "documents"
            for file in files[:count or None]:
                target = some / file.relative_to(arguments.folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
            index = Path(work) / "index"
            most = most_memory([arguments.program, "index", some, "--index", index, "--model", arguments.model,
                                "--chunk-tokens", str(arguments.chunk_tokens)])
            status = json.loads(subprocess.run([arguments.program, "status", "--index", index, "--json"], check=True,
                                               capture_output=True, text=True).stdout)[0]
        own, mapped = most["RssAnon"], most["RssFile"]
        print(f"{status['chunks']:8,} passages: own {own:4.0f} MB, mapped {mapped:4.0f} MB", flush=True)


if __name__ == "__main__":
    main()
