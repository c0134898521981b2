"""The tokenizer, without the padding and the length that its file carries, and batches."""

import json

import numpy
from tokenizers import Tokenizer

from . import emoji
from .model import BASE
from .target import MARKS
from .text import MAX_TOKENS, normalise


def plain_tokenizer():
    """What is shipped: neither pads nor truncates, knows the marks of target and others, and emoji."""
    description = json.loads((BASE / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = description["model"]["vocab"]
    words = {place: word for word, place in vocabulary.items()}
    for mark, (place, _) in (MARKS | emoji.likenesses(vocabulary)).items():
        del vocabulary[words[place]]
        vocabulary[mark] = place
        description["added_tokens"].append({
            "id": place, "content": mark, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False,
        })
    description["added_tokens"].sort(key=lambda token: token["id"])
    changes = {"type": "Replace", "pattern": {"Regex": emoji.CHANGES}, "content": ""}
    description["normalizer"] = {"type": "Sequence", "normalizers": [changes, description["normalizer"]]}
    apart = {"type": "Split", "pattern": {"Regex": emoji.APART}, "behavior": "Isolated", "invert": False}
    description["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [apart, description["pre_tokenizer"]]}
    tokenizer = Tokenizer.from_str(json.dumps(description))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def cut(ids):
    """At most MAX_TOKENS: where there are more, the first half and the last. A story's point may come late."""
    half = MAX_TOKENS // 2
    return ids if len(ids) <= MAX_TOKENS else ids[:half] + ids[-half:]


def encode(texts, normalised=False):
    """Token ids of each text, at most MAX_TOKENS with [CLS] and [SEP]."""
    tokenizer = plain_tokenizer()
    texts = texts if normalised else [normalise(text) for text in texts]
    return [cut(encoding.ids) for encoding in tokenizer.encode_batch(list(texts))]


def batches_by_length(ids, token_budget, order=None):
    """Groups of indices of similar length whose padded size stays within the budget."""
    order = order if order is not None else range(len(ids))
    groups, group = [], []
    for index in sorted(order, key=lambda i: len(ids[i])):
        if group and (len(group) + 1) * len(ids[index]) > token_budget:
            groups.append(group)
            group = []
        group.append(index)
    if group:
        groups.append(group)
    return groups


def pad(ids):
    """input_ids and attention_mask, int64 [batch, longest]."""
    longest = max(map(len, ids))
    input_ids = numpy.zeros((len(ids), longest), dtype=numpy.int64)
    mask = numpy.zeros_like(input_ids)
    for row, tokens in enumerate(ids):
        input_ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    return input_ids, mask
