#!/usr/bin/env python3
"""Makes a mix of instructions with answers, and multiple-choice questions on the same five tasks.

make-mix.py DATA reads DATA/sst2-train.tsv, sst2-dev.tsv, gsm8k-train.jsonl and gsm8k-test.jsonl, and writes

  DATA/mix-train.jsonl     3,000 lines with the fields instruction and answer, 600 of each task, in a mixed order
  DATA/mix/test/*_test.csv 100 questions of each task with four choices and a letter, in MMLU's form
  DATA/mix/dev/*_dev.csv   five more of each, to stand answered before a question

The tasks: the mood of a sentence (SST-2), the result of a word problem (GSM8K), the largest of four numbers, the
first of four words in the alphabet, and the number of letters of a word. Questions come from the splits that the
instructions are not made from, or from words of their own; numbers are drawn anew. The same files give the same
bytes: every draw is a hash of its task, split and place. Needs python3 (3.9 or later) alone.
"""

import csv
import hashlib
import io
import json
import os
import sys
from pathlib import Path

INSTRUCTIONS, QUESTIONS, SHOTS = 600, 100, 5
# Of each label or of all problems, those that only shots are made from.
RESERVED = 20
LETTERS = "ABCD"
WORDS = """apple anchor arrow autumn bridge basket beacon bottle candle carpet castle cherry copper cotton cradle
desert diamond donkey dragon eagle engine escape fabric falcon feather forest garden ginger glacier guitar hammer
harbor helmet honey island ivory jacket jungle kettle kitchen ladder lantern lemon library magnet marble meadow
mirror needle ocean olive orchard oyster paddle parade pebble pepper pillow planet pocket quarry quiver rabbit
ribbon river rocket saddle sailor shadow silver spider stable sunset tailor temple thunder ticket timber tunnel
turtle umbrella valley vessel violin wagon walnut whisper willow window winter wizard yellow zebra""".split()


def draw(*place):
    """Numbers from 0 up to 2^32 for ever, by the place that they are drawn for."""
    block = 0
    while True:
        digest = hashlib.sha256(repr((*place, block)).encode()).digest()
        yield from (int.from_bytes(digest[at : at + 4], "big") for at in range(0, 32, 4))
        block += 1


def below(numbers, limit):
    return next(numbers) % limit


def some(numbers, items, count):
    """So many different items, in the order in which they are drawn."""
    left, chosen = list(items), []
    for _ in range(count):
        chosen.append(left.pop(below(numbers, len(left))))
    return chosen


def sentences(path):
    """Sentences by label: negative ones, and positive ones."""
    lines = path.read_text(encoding="utf-8").splitlines()
    columns = lines[0].split("\t")
    sentence = next(columns.index(name) for name in ("sentence", "content") if name in columns)
    label = columns.index("label")
    rows = [line.split("\t") for line in lines[1:]]
    return [[row[sentence].strip() for row in rows if row[label] == of] for of in "01"]


def problems(path):
    """Word problems with their results."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found = [(line["question"], line["answer"].split("####")[-1].strip().replace(",", "")) for line in lines]
    return [(question, result) for question, result in found if result.lstrip("-").isdigit()]


class Mood:
    name = "mood"

    def __init__(self, data):
        self.train, other = sentences(data / "sst2-train.tsv"), sentences(data / "sst2-dev.tsv")
        self.splits = {
            "dev": [of[:RESERVED] for of in other],
            "test": [of[RESERVED:] for of in other],
        }

    def instruction(self, numbers):
        label = below(numbers, 2)
        sentence = self.train[label][below(numbers, len(self.train[label]))]
        mood = ("negative", "positive")[label]
        return f"Is the mood of this sentence positive or negative? {sentence}", mood

    def question(self, numbers, split):
        label = below(numbers, 2)
        right = some(numbers, self.splits[split][label], 1)
        wrong = some(numbers, self.splits[split][1 - label], 3)
        return f"Which of these sentences is {('negative', 'positive')[label]}?", right[0], wrong


class Problem:
    name = "problem"

    def __init__(self, data):
        self.train, other = problems(data / "gsm8k-train.jsonl"), problems(data / "gsm8k-test.jsonl")
        self.splits = {"dev": other[:RESERVED], "test": other[RESERVED:]}

    def instruction(self, numbers):
        return self.train[below(numbers, len(self.train))]

    def question(self, numbers, split):
        question, result = some(numbers, self.splits[split], 1)[0]
        size = max(abs(int(result)), 4)
        others = [int(result) + step for step in range(-size, size + 1) if step != 0]
        return question, result, [str(other) for other in some(numbers, others, 3)]


class Largest:
    name = "largest"

    def numbers(self, numbers):
        return some(numbers, range(10, 1000), 4)

    def instruction(self, numbers):
        of = self.numbers(numbers)
        return f"Which of these numbers is the largest: {', '.join(map(str, of))}?", str(max(of))

    def question(self, numbers, split):
        of = self.numbers(numbers)
        return "Which of these numbers is the largest?", str(max(of)), [str(x) for x in of if x != max(of)]


class First:
    name = "first"

    def instruction(self, numbers):
        of = some(numbers, WORDS, 4)
        return f"Which of these words comes first in the alphabet: {', '.join(of)}?", min(of)

    def question(self, numbers, split):
        of = some(numbers, WORDS, 4)
        return "Which of these words comes first in the alphabet?", min(of), [x for x in of if x != min(of)]


class Length:
    name = "length"

    def instruction(self, numbers):
        word = some(numbers, WORDS[::3], 1)[0]
        return f"How many letters does the word {word} have?", str(len(word))

    def question(self, numbers, split):
        # Words of their own, so that nothing has been answered before.
        word = some(numbers, WORDS[{"dev": 1, "test": 2}[split] :: 3], 1)[0]
        others = [len(word) + step for step in (-2, -1, 1, 2)]
        return f"How many letters does the word {word} have?", str(len(word)), [str(x) for x in some(numbers, others, 3)]


def write(path, text):
    """The whole file or nothing of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8", newline="")
    os.replace(part, path)
    print(path)


def instructions(tasks):
    lines = []
    for place in range(INSTRUCTIONS):
        for task in tasks:
            instruction, answer = task.instruction(draw(task.name, "train", place))
            lines.append(json.dumps({"instruction": instruction, "answer": answer}, ensure_ascii=False))
    order = sorted(range(len(lines)), key=lambda at: next(draw("order", at)))
    return "".join(f"{lines[at]}\n" for at in order)


def questions(task, split, count):
    out, seen, place = io.StringIO(), set(), 0
    rows = csv.writer(out, lineterminator="\n")
    for _ in range(count):
        while True:
            numbers = draw(task.name, split, place)
            place += 1
            question, right, wrong = task.question(numbers, split)
            if (question, right, *wrong) not in seen:
                break
        seen.add((question, right, *wrong))
        at = below(numbers, len(LETTERS))
        choices = [*wrong[:at], right, *wrong[at:]]
        rows.writerow([question, *choices, LETTERS[at]])
    return out.getvalue()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    data = Path(sys.argv[1])
    needed = ["sst2-train.tsv", "sst2-dev.tsv", "gsm8k-train.jsonl", "gsm8k-test.jsonl"]
    missing = [name for name in needed if not (data / name).is_file()]
    if missing:
        sys.exit(f"{data} lacks {', '.join(missing)}")
    tasks = [Mood(data), Problem(data), Largest(), First(), Length()]
    write(data / "mix-train.jsonl", instructions(tasks))
    for task in tasks:
        write(data / "mix" / "test" / f"{task.name}_test.csv", questions(task, "test", QUESTIONS))
        write(data / "mix" / "dev" / f"{task.name}_dev.csv", questions(task, "dev", SHOTS))


if __name__ == "__main__":
    main()
