"""The tokenizer, without the padding and the length that its file carries, and batches."""

import numpy
from tokenizers import Tokenizer

from .model import BASE
from .text import MAX_TOKENS, normalise


def plain_tokenizer():
    """What is shipped: neither pads nor truncates."""
    tokenizer = Tokenizer.from_file(str(BASE / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def encode(texts, normalised=False):
    """Token ids of each text, at most MAX_TOKENS with [CLS] and [SEP]."""
    tokenizer = plain_tokenizer()
    tokenizer.enable_truncation(MAX_TOKENS)
    texts = texts if normalised else [normalise(text) for text in texts]
    return [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]


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
