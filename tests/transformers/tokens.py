#!/usr/bin/env python3
"""Compares the ids that lora-text gives to texts with those of other tokenizers.

    tokens.py ENCODE DATA [FOLDER|FILE.gguf...]

ENCODE is the example program `encode` of the crate lora-text. DATA is a folder with sst2-train.tsv,
wikitext2-valid.txt and gsm8k-train.jsonl; up to 1,000 texts are taken from each. LORA_TEXTS is another number.

- A FOLDER with a tokenizer.json is compared with the Python package `tokenizers`.
- A FILE.gguf with byte-level merges is compared with the merging that is written out below, under the rules
  that the file names. The same merges are tried under every other set of rules too.
- A vocabulary of SentencePiece is trained here, written as GGUF, and compared with `sentencepiece`. Without
  that package the comparison is skipped.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

import regex
from gguf import GGUFReader, GGUFWriter

MOST = int(os.environ.get("LORA_TEXTS", "1000"))
ODD = [
    "", " ", "  two  spaces ", "tabs\tand\r\nlines\n\n\nend\n", "12345 1234567 ½ ² ٣٤", "I'LL they'Re don't 's",
    "naïve café e\u0301 ﬁ", "日本語 と 中文", "🙂👍🏽 emoji", "a\u00a0b\u2003c\u200bd", "…—«»$+<=>^~|`", "\x00\x7f",
    "<|endoftext|> and <|im_start|>user", "Ünï©ødé ßtraße", "\ufeffBOM", "x" * 300,
]  # fmt: skip

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|{}"
    r"| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# For each name: regular expressions that cut in turn, whether the text is put in normal form C, and whether
# a word that is a token is taken whole.
RULES = {
    "smollm": ([r"\p{N}", GPT2], False, False),
    "gpt-2": ([GPT2], False, False),
    "llama-bpe": ([WORDS.format(r"\p{N}{1,3}")], False, True),
    "qwen2": ([WORDS.format(r"\p{N}")], True, False),
    "default": ([r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]"], False, False),
}


def texts(data):
    """Texts of three kinds, and odd ones."""
    with open(data / "sst2-train.tsv", encoding="utf-8", newline="") as file:
        table = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        place = next(table).index("sentence")
        sst2 = [row[place] for row, _ in zip(table, range(MOST))]
    with open(data / "wikitext2-valid.txt", encoding="utf-8", newline="\n") as file:
        wikitext = [line for line, _ in zip(file, range(MOST))]
    with open(data / "gsm8k-train.jsonl", encoding="utf-8") as file:
        gsm8k = [json.loads(line) for line in file]
    gsm8k = [problem[key] for problem in gsm8k for key in ("question", "answer")][:MOST]
    print(f"{len(sst2)} sentences, {len(wikitext)} lines, {len(gsm8k)} questions and answers, {len(ODD)} odd texts")
    return ODD + sst2 + wikitext + gsm8k


def ours(program, path, lines, special):
    """What the example prints."""
    command = [program, str(path), *(["--special"] if special else [])]
    given = "".join(json.dumps(line) + "\n" for line in lines)
    printed = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if printed.returncode:
        sys.exit(f"{path}: {printed.stderr}")
    return [[int(id) for id in line.split()] for line in printed.stdout.split("\n")[:-1]]


def compare(what, lines, found, expected):
    """Fails at the first text whose ids differ."""
    assert len(lines) == len(found) == len(expected), (len(lines), len(found), len(expected))
    for line, ids, other in zip(lines, found, expected):
        if ids != list(other):
            sys.exit(f"{what}: {line!r}\n  ours:   {ids}\n  theirs: {list(other)}")
    print(f"{what}: {len(lines)} texts, {sum(map(len, found))} ids, all equal")


def folder(program, path, lines):
    """A tokenizer.json, with and without special tokens, and pairs."""
    import tokenizers

    theirs = tokenizers.Tokenizer.from_file(str(path / "tokenizer.json"))
    theirs.no_padding()
    theirs.no_truncation()
    pairs = [list(pair) for pair in zip(lines[:2000], lines[1:2001])]
    for name, given in (("texts", lines), ("pairs", pairs)):
        for special in (False, True):
            if name == "pairs":
                expected = [theirs.encode(*pair, add_special_tokens=special).ids for pair in given]
            else:
                expected = [one.ids for one in theirs.encode_batch(given, add_special_tokens=special)]
            what = f"{path.name}, {name}, {'with' if special else 'without'} special tokens"
            compare(what, given, ours(program, path, given, special), expected)


class ByteLevel:
    """Merges of bytes, written out."""

    def __init__(self, tokens, types, merges, rules):
        self.cuts, self.compose, self.whole_words = rules
        self.ids = {token: id for id, token in enumerate(tokens)}
        self.ranks = {tuple(merge.split(" ")): rank for rank, merge in enumerate(merges)}
        special = [token for token, kind in zip(tokens, types) if kind in (2, 3, 4)]
        special.sort(key=len, reverse=True)
        self.special = regex.compile("(" + "|".join(map(regex.escape, special)) + ")")
        plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
        others = (byte for byte in range(256) if byte not in plain)
        self.bytes = {byte: chr(byte) for byte in plain} | {byte: chr(256 + at) for at, byte in enumerate(others)}
        self.known = {}

    def encode(self, text):
        """The ids of a text."""
        ids = []
        for at, part in enumerate(self.special.split(text)):
            if at % 2:
                ids.append(self.ids[part])
                continue
            words = [unicodedata.normalize("NFC", part) if self.compose else part]
            for cut in self.cuts:
                words = [piece for word in words for piece in isolated(cut, word)]
            ids += [id for word in words for id in self.word(word)]
        return ids

    def word(self, word):
        """The ids of one word, which are kept."""
        if word not in self.known:
            self.known[word] = self.merged("".join(self.bytes[byte] for byte in word.encode()))
        return self.known[word]

    def merged(self, word):
        """Merges the pair of the lowest rank until there is none."""
        if self.whole_words and word in self.ids:
            return [self.ids[word]]
        parts = list(word)
        while len(parts) > 1:
            ranks = [self.ranks.get(pair, len(self.ranks)) for pair in zip(parts, parts[1:])]
            if min(ranks) == len(self.ranks):
                break
            at = ranks.index(min(ranks))
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        return [self.ids[part] for part in parts]


def isolated(cut, word):
    """What a regular expression matches, and what lies between."""
    end = 0
    for match in regex.finditer(cut, word):
        yield from (piece for piece in (word[end : match.start()], match.group()) if piece)
        end = match.end()
    if end < len(word):
        yield word[end:]


def write(path, model, tokens, types, *, merges=None, scores=None, **more):
    """A GGUF file with a tokenizer and no tensors."""
    writer = GGUFWriter(path, "llama")
    writer.add_tokenizer_model(model)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    if merges is not None:
        writer.add_token_merges(merges)
    if scores is not None:
        writer.add_token_scores(scores)
    for key, value in more.items():
        getattr(writer, f"add_{key}")(value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


def gguf(program, path, lines, scratch):
    """Byte-level merges of a GGUF file, under its own rules and under all others."""
    fields = GGUFReader(path).fields
    value = lambda key: fields[f"tokenizer.ggml.{key}"].contents()
    tokens, types, merges = value("tokens"), value("token_type"), value("merges")
    name = value("pre")
    compare(f"{path.name} ({name})", lines, ours(program, path, lines, False),
            [*map(ByteLevel(tokens, types, merges, RULES[name]).encode, lines)])  # fmt: skip
    few = lines[:: 10] + ODD
    for other in RULES:
        made = scratch / f"{other}.gguf"
        write(made, "gpt2", tokens, types, merges=merges, tokenizer_pre=other, bos_token_id=1)
        theirs = ByteLevel(tokens, types, merges, RULES[other])
        compare(f"its merges by the rules of {other}", few, ours(program, made, few, False), [*map(theirs.encode, few)])


def sentence_piece(program, lines, scratch):
    """A vocabulary that is trained here."""
    try:
        import sentencepiece
    except ImportError:
        print("skipped: SentencePiece, since the package sentencepiece is not there")
        return
    train = scratch / "train.txt"
    train.write_text("\n".join(line.replace("\n", " ") for line in lines if line.strip()), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(train), model_prefix=str(scratch / "pieces"), vocab_size=4000, model_type="bpe", byte_fallback=True,
        character_coverage=0.999, normalization_rule_name="identity", remove_extra_whitespaces=False,
        split_digits=True, allow_whitespace_only_pieces=True, minloglevel=2,
    )  # fmt: skip
    theirs = sentencepiece.SentencePieceProcessor(model_file=str(scratch / "pieces.model"))
    every = range(theirs.get_piece_size())
    kinds = [6 if theirs.is_byte(id) else 3 if theirs.is_control(id) else 2 if theirs.is_unknown(id) else 1 for id in every]
    made = scratch / "pieces.gguf"
    write(made, "llama", [theirs.id_to_piece(id) for id in every], kinds, scores=[theirs.get_score(id) for id in every],
          bos_token_id=theirs.bos_id(), unk_token_id=theirs.unk_id())  # fmt: skip
    # Texts with a special token in them are cut by Hugging Face's rules, but not by SentencePiece.
    plain = [line for line in lines if not any(token in line for token in ("<unk>", "<s>", "</s>", "\x00"))]
    compare("SentencePiece", plain, ours(program, made, plain, False), theirs.encode(plain))
    with_bos = [[theirs.bos_id(), *ids] for ids in theirs.encode(plain[:100])]
    compare("SentencePiece, with special tokens", plain[:100], ours(program, made, plain[:100], True), with_bos)


def main():
    program, data, *models = sys.argv[1:]
    lines = texts(Path(data))
    with tempfile.TemporaryDirectory() as scratch:
        sentence_piece(program, lines, Path(scratch))
        for model in map(Path, models):
            if model.is_dir():
                folder(program, model, lines)
            else:
                gguf(program, model, lines, Path(scratch))


if __name__ == "__main__":
    main()
