"""Trains the encoder and all heads together and writes work/model-<phase>.safetensors."""

import collections
import json
import os
import random
import time

import numpy
import torch
from safetensors.torch import load_file, save_file

from . import settings
from .labels import HEADS, SIGMOID_HEADS, UNKNOWN
from .model import untrained
from .tokens import batches_by_length, encode, pad


def read_examples(split):
    with open(settings.WORK / "examples.jsonl", encoding="utf-8") as file:
        return [row for row in map(json.loads, file) if row["split"] == split]


def draws(rows):
    """For each phase the indices it passes, source by source, from that source's own shuffle: what a
    phase draws from one source does not depend on how much another holds."""
    pools = collections.defaultdict(list)
    for index, row in enumerate(rows):
        pools[row["source"]].append(index)
    taken = {None: collections.Counter()}
    for source, pool in pools.items():
        random.Random(f"{settings.SEED} {source}").shuffle(pool)
    for name, phase in settings.PHASES.items():
        chosen, begun = [], taken[phase["after"]]
        taken[name] = begun.copy()
        for source, pool in sorted(pools.items()):
            passes = phase["passes"].get(source, 0.0)
            size = phase["examples"].get(source, int(passes * len(pool)))
            chosen += [pool[(begun[source] + i) % len(pool)] for i in range(size)]
            taken[name][source] += size
        yield name, chosen


def sentiment_class_weights(rows):
    """Per source: rarer classes count more (power 0.7 of the inverse frequency), mean 1."""
    weights = {}
    for source in {row["source"] for row in rows}:
        counts = numpy.bincount([r["sentiment"] for r in rows if r["source"] == source and r["sentiment"] != UNKNOWN], minlength=3)
        if (counts > 0).sum() < 2:
            weights[source] = numpy.ones(3)
            continue
        raw = numpy.where(counts > 0, (counts.sum() / numpy.maximum(counts, 1)) ** 0.7, 0.0)
        weights[source] = raw * counts.sum() / (raw * counts).sum()
    return weights


def positive_weights(rows, head):
    """Per source: a rare label's examples count more, at most five times."""
    weights = {}
    for source in {row["source"] for row in rows}:
        labels = numpy.array([r[head] for r in rows if r["source"] == source])
        yes, no = (labels == 1).sum(0), (labels == 0).sum(0)
        weights[source] = numpy.clip(numpy.sqrt(no / numpy.maximum(yes, 1)), 1.0, 5.0)
    return weights


class Targets:
    """Labels, masks and weights of all examples as tensors, ready to be indexed by batch."""

    def __init__(self, rows):
        weights = sentiment_class_weights(rows)
        self.sentiment = torch.tensor([max(r["sentiment"], 0) for r in rows])
        self.sentiment_weight = torch.tensor([
            0.0 if r["sentiment"] == UNKNOWN
            else r["sentiment_weight"] * settings.SOURCE_WEIGHT[r["source"]] * weights[r["source"]][r["sentiment"]]
            for r in rows
        ], dtype=torch.float32)
        self.labels, self.weights = {}, {}
        source = torch.tensor([settings.SOURCE_WEIGHT[r["source"]] for r in rows], dtype=torch.float32)
        for head in SIGMOID_HEADS:
            labels = torch.tensor([r[head] for r in rows], dtype=torch.float32)
            positive = positive_weights(rows, head)
            positive = torch.tensor(numpy.array([positive[r["source"]] for r in rows]), dtype=torch.float32)
            weight = torch.where(labels == 1, positive, torch.ones_like(labels))
            self.labels[head] = labels.clamp(min=0)
            self.weights[head] = weight * (labels != UNKNOWN) * source[:, None]

    def loss(self, logits, batch):
        """Each head's loss is a sum over what is known, divided by the batch: a source that says
        nothing about a head gives that head no gradient and no false certainty."""
        smooth = settings.LABEL_SMOOTHING
        sentiment = torch.nn.functional.cross_entropy(logits[0], self.sentiment[batch], reduction="none", label_smoothing=smooth)
        total = settings.HEAD_WEIGHT["sentiment"] * (sentiment * self.sentiment_weight[batch]).mean()
        for head, out in zip(SIGMOID_HEADS, logits[1:]):
            target = self.labels[head][batch] * (1 - smooth) + smooth / 2
            each = torch.nn.functional.binary_cross_entropy_with_logits(out, target, reduction="none")
            # Divided by a constant near the number of labels that matter in one text.
            total = total + settings.HEAD_WEIGHT[head] * (each * self.weights[head][batch]).sum(1).mean() / 4.0
        return total


def train_phase(name, model, rows, ids, targets, chosen, half):
    """One pass over the chosen examples. Returns how many there were and in how many batches."""
    generator = random.Random(f"{settings.SEED} {name}")
    steps = batches_by_length(ids, settings.TOKENS_PER_BATCH, chosen)
    generator.shuffle(steps)
    steps = steps[: settings.MAX_STEPS or None]
    heads = list(model.heads.parameters())
    encoder = [p for n, p in model.named_parameters() if p.requires_grad and not n.startswith("heads.")]
    optimizer = torch.optim.AdamW(
        [{"params": encoder, "lr": settings.LEARNING_RATE}, {"params": heads, "lr": settings.HEAD_LEARNING_RATE}],
        weight_decay=settings.WEIGHT_DECAY, fused=True,
    )
    first, last = settings.PHASES[name]["rate"]
    warm_up = max(1, int(len(steps) * settings.WARM_UP))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / warm_up) * (first + (last - first) * step / len(steps))
    )
    print(f"train: phase {name}: {sum(map(len, steps))} examples in {len(steps)} batches", flush=True)
    started, seen, running = time.monotonic(), 0, None
    for number, batch in enumerate(steps, 1):
        input_ids, mask = pad([ids[i] for i in batch])
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
            logits = model(torch.from_numpy(input_ids), torch.from_numpy(mask))
        loss = targets.loss([out.float() for out in logits], torch.tensor(batch))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(heads + encoder, 1.0)
        optimizer.step()
        schedule.step()
        seen += len(batch)
        running = loss.item() if running is None else 0.98 * running + 0.02 * loss.item()
        if number % 50 == 0 or number == len(steps):
            elapsed = time.monotonic() - started
            left = elapsed / number * (len(steps) - number)
            print(f"train: {number}/{len(steps)} loss {running:.4f} {seen / elapsed:.0f} examples/s, {left / 60:.0f} min left", flush=True)
    return seen, len(steps)


def save(model, path):
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, path)


def main():
    torch.manual_seed(settings.SEED)
    # RESUME=public leaves out that phase and starts from what it left in work/; PHASE=own runs one alone.
    resume = os.environ.get("RESUME")
    model = untrained(settings.DROPOUT)
    model.words.requires_grad_(False)
    model.positions.requires_grad_(False)
    model.train()
    rows = read_examples("train")
    ids = encode([row["text"] for row in rows], normalised=True)
    targets = Targets(rows)
    # bf16 pays only where the processor multiplies it; elsewhere it is a hundred times slower.
    half = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    only = os.environ.get("PHASE")
    report = {"precision": "bf16" if half else "fp32", "phases": {}}
    past = resume is None
    for name, chosen in draws(rows):
        if past and (only is None or only == name):
            after = settings.PHASES[name]["after"]
            if after:
                model.load_state_dict(load_file(settings.WORK / f"model-{after}.safetensors"))
            started = time.monotonic()
            seen, batches = train_phase(name, model, rows, ids, targets, chosen, half)
            save(model, settings.WORK / f"model-{name}.safetensors")
            report["phases"][name] = {"examples": seen, "batches": batches, "minutes": round((time.monotonic() - started) / 60, 1)}
        past = past or name == resume
    (settings.WORK / "train.json").write_text(json.dumps(report))


if __name__ == "__main__":
    main()
