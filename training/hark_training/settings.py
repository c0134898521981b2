"""Every number of the recipe, and where files are. Environment variables only shorten or move a run."""

import os
from pathlib import Path

TRAINING = Path(__file__).resolve().parent.parent
REPO = TRAINING.parent
DATASETS = Path(os.environ.get("HARK_SHARED", REPO.parent / "shared")) / "datasets"
CORPUS = TRAINING / "corpus"
WORK = TRAINING / "work"
MODEL_DIR = Path(os.environ.get("HARK_MODEL_DIR", REPO / "services" / "classify" / "model"))

VERSION = "hark-minilm-l6-2026.11.3"
SEED = 20261123

MAX_STEPS = int(os.environ.get("STEPS", "0"))  # batches of each phase; 0: all of them
TOKENS_PER_BATCH = 1536
LEARNING_RATE = 1e-4
HEAD_LEARNING_RATE = 1e-3
WARM_UP = 0.06
WEIGHT_DECAY = 0.01
LABEL_SMOOTHING = 0.05
DROPOUT = 0.0  # a short run over varied text does not overfit, and dropout costs an eighth of the time

# One phase on the public sets, then one on our own corpus, which starts from what "public" left
# ("after") and replays enough of the public sets that little is forgotten. "passes" says how often a
# phase goes through a source, "examples" how many it draws from it; a phase goes on in a source
# where the one before it stopped. The rate falls in a straight line from the first number to the
# second, as shares of LEARNING_RATE. "keep" says of a source how much of its loss of sentiment asks
# for what the phase before answered, instead of the label (learning without forgetting: Li and
# Hoiem, ECCV 2016).
PHASES = {
    "public": {
        "after": None,
        "rate": (1.0, 0.4),
        "passes": {"own": 0.0, "semeval": 2.0, "mams": 1.0},
        "examples": {"goemotions": 16000, "banking77": 4500, "clinc150": 3000, "bitext": 1500, "cfpb": 800},
    },
    "own": {
        "after": "public",
        "rate": (0.8, 0.0),
        "passes": {"own": 3.0, "mams": 0.2},
        "examples": {"semeval": 30000, "goemotions": 3000, "banking77": 800, "clinc150": 400, "bitext": 100, "cfpb": 200},
        "keep": {"semeval": 0.5},
    },
}
# The weights that are kept are a running mean of those after each batch: each batch moves it by
# 1 - AVERAGE of the way, so the last few hundred batches of a phase count.
AVERAGE = 0.995

# How much an example of a source counts in the loss.
SOURCE_WEIGHT = {
    "own": 1.5, "semeval": 1.0, "goemotions": 1.0, "banking77": 0.7,
    "clinc150": 0.7, "bitext": 0.4, "mams": 1.0, "cfpb": 0.7,
}

# The share of each head in the loss.
HEAD_WEIGHT = {"sentiment": 1.0, "touchpoints": 1.0, "intents": 0.7, "emotions": 0.5, "expectation": 0.5}

DEV_PERCENT_OWN = 10
# Of our own posts about one brand so many are learnt without its mark: people also read posts towards
# nobody, and towards a brand whose name they spell otherwise.
UNMARKED_PERCENT = 20
DEV_PERCENT_SEMEVAL = 4
