"""What hark is compared with: the same weights in fp32 in the transformers pipeline, in Python.

    python bench_baseline.py --texts texts.json [--batch 32] [--threads N] [--limit N]

Prints one line of JSON. Texts are judged in the order in which they came, in batches of 32, each
padded to its own longest text, which is what `pipeline(..., batch_size=32)` does. Without
transformers the same loop runs on the module that the model was trained with, and "how" says so.
Neither the import nor the loading of the model is timed; a warm-up goes before.
"""

import argparse
import json
import os
import time

import torch
from hark_training.labels import HEADS
from hark_training.model import BASE, untrained
from hark_training.settings import WORK
from hark_training.text import MAX_TOKENS, normalise
from hark_training.tokens import encode, pad
from safetensors.torch import load_file

WARM_UP = 64


def trained():
    """Our module with the published fp32 weights; says so when only the pretrained ones are there."""
    model = untrained(dropout=0.0)
    weights = WORK / "model.safetensors"
    if not weights.exists():
        return model.eval(), "untrained heads: no training/work/model.safetensors"
    model.load_state_dict(load_file(str(weights)))
    return model.eval(), "the trained weights"


def with_pipeline(ours, batch):
    """The text-classification pipeline on BERT with our weights, mean pooling and 32 outputs."""
    import transformers
    from transformers import BertConfig, BertModel, BertPreTrainedModel, BertTokenizerFast, pipeline
    from transformers.modeling_outputs import SequenceClassifierOutput

    transformers.logging.set_verbosity_error()

    class FourHeads(BertPreTrainedModel):
        def __init__(self, config):
            super().__init__(config)
            self.bert = BertModel(config, add_pooling_layer=False)
            self.heads = torch.nn.Linear(config.hidden_size, config.num_labels)
            self.post_init()

        def forward(self, input_ids=None, attention_mask=None, token_type_ids=None, **_):
            states = self.bert(input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
            weights = attention_mask[:, :, None].to(states.last_hidden_state.dtype)
            pooled = (states.last_hidden_state * weights).sum(1) / weights.sum(1)
            return SequenceClassifierOutput(logits=self.heads(pooled))

    FourHeads.__name__ = "BertForSequenceClassification"  # else the pipeline warns that it does not know it
    labels = [f"{head}:{label}" for head, names in HEADS.items() for label in names]
    config = BertConfig.from_pretrained(str(BASE), num_labels=len(labels), id2label=dict(enumerate(labels)))
    config.label2id = {label: number for number, label in enumerate(labels)}
    model = FourHeads(config).eval()
    model.load_state_dict(theirs(ours, model.state_dict()))
    tokenizer = BertTokenizerFast.from_pretrained(str(BASE))
    classify = pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")

    def judge(texts):
        texts = (normalise(text) for text in texts)
        options = {"batch_size": batch, "top_k": None, "function_to_apply": "sigmoid"}
        return [row for row in classify(texts, truncation=True, max_length=MAX_TOKENS, **options)]

    def logits(texts):
        tokens = tokenizer(texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
        return model(**tokens).logits

    return judge, logits, f"transformers {transformers.__version__} pipeline, fp32, batch {batch}"


def theirs(ours, state):
    """Our weights under the names that transformers has for them."""
    source = ours.state_dict()
    # Ours holds the token type of a single text in the positions.
    state["bert.embeddings.token_type_embeddings.weight"].zero_()
    state["bert.embeddings.word_embeddings.weight"] = source["words.weight"]
    state["bert.embeddings.position_embeddings.weight"] = source["positions.weight"]
    parts = {
        "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
        "attended": "attention.output.dense", "attended_norm": "attention.output.LayerNorm",
        "up": "intermediate.dense", "down": "output.dense", "down_norm": "output.LayerNorm",
    }
    names = {"embedding_norm": "bert.embeddings.LayerNorm"}
    for number in range(len(ours.layers)):
        names |= {f"layers.{number}.{a}": f"bert.encoder.layer.{number}.{b}" for a, b in parts.items()}
    for ours_name, theirs_name in names.items():
        for part in ("weight", "bias"):
            state[f"{theirs_name}.{part}"] = source[f"{ours_name}.{part}"]
    for part in ("weight", "bias"):
        state[f"heads.{part}"] = torch.cat([source[f"heads.{head}.{part}"] for head in HEADS])
    return state


def with_module(ours, batch):
    """The same loop on our own module."""

    def judge(texts):
        done = []
        for start in range(0, len(texts), batch):
            input_ids, mask = pad(encode(texts[start : start + batch]))
            logits = ours(torch.from_numpy(input_ids), torch.from_numpy(mask))
            done += torch.cat(logits, dim=1).sigmoid().tolist()
        return done

    return judge, f"torch {torch.__version__} module as the pipeline runs it, fp32, batch {batch}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", required=True, help="a JSON array of texts")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--limit", type=int, default=1500, help="the first so many texts")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with open(arguments.texts, encoding="utf-8") as file:
        texts = json.load(file)[: arguments.limit]
    ours, weights = trained()
    difference = None
    with torch.inference_mode():
        try:
            judge, logits, how = with_pipeline(ours, arguments.batch)
            input_ids, mask = pad(encode(texts[:8]))
            expected = torch.cat(ours(torch.from_numpy(input_ids), torch.from_numpy(mask)), dim=1)
            difference = (logits([normalise(text) for text in texts[:8]]) - expected).abs().max().item()
        except ImportError:
            judge, how = with_module(ours, arguments.batch)
        judge(texts[:WARM_UP])
        wall, cpu = time.perf_counter(), time.process_time()
        judged = judge(texts)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps({
        "how": how, "weights": weights, "threads": arguments.threads, "texts": len(judged),
        "wall_s": wall, "cpu_s": cpu, "largest_difference_of_logits": difference,
    }))


if __name__ == "__main__":
    main()
