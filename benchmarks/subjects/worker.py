"""A subject in a process of its own: ``python -m benchmarks.subjects.worker NAME``.

A line in, ``{"do": NAME, ...}``, calls a method of the subject.
A line out is its value.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module


def main(name: str) -> None:
    answers, sys.stdout = sys.stdout, sys.stderr
    subject = import_module(f"benchmarks.subjects.{name}").make_subject()
    for line in sys.stdin:
        question = json.loads(line)
        answer = getattr(subject, question.pop("do"))(**question)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
