"""Every number of the recipe, and where files are. Environment variables only shorten or move a run."""

import os
from pathlib import Path

TRAINING = Path(__file__).resolve().parent.parent
REPO = TRAINING.parent
DATASETS = Path(os.environ.get("HARK_SHARED", REPO.parent / "shared")) / "datasets"
CORPUS = TRAINING / "corpus"
WORK = TRAINING / "work"
MODEL_DIR = Path(os.environ.get("HARK_MODEL_DIR", REPO / "services" / "classify" / "model"))

VERSION = "hark-minilm-l6-2026.11"
SEED = 20261123

MAX_STEPS = int(os.environ.get("STEPS", "0"))  # batches of each phase; 0: all of them
TOKENS_PER_BATCH = 1536
LEARNING_RATE = 1e-4
HEAD_LEARNING_RATE = 1e-3
WARM_UP = 0.06
WEIGHT_DECAY = 0.01
LABEL_SMOOTHING = 0.05
DROPOUT = 0.0  # a short run over varied text does not overfit, and dropout costs an eighth of the time

# One phase on the public sets, then two on our own, each of which starts from what "public" left
# ("after") and replays enough of the public sets that little is forgotten. A number says how many
# examples of a source a phase draws (more than there are: it passes the source again); a phase goes
# on in a source where the one before it stopped. The rate falls in a straight line from the first
# number to the second, as shares of LEARNING_RATE.
# "first" was run before this file was under version control. On record are its five passes of our own
# set, a rate lower than that of "own", and 9,289 examples; the replay's split and the rate below are
# a reconstruction that adds up to these, so a new run gives a similar model, not the same one.
PHASES = {
    "public": {
        "after": None,
        "rate": (1.0, 0.4),
        "passes": {"own": 0.0, "semeval": 1.0, "mams": 1.0},
        "examples": {"goemotions": 12000, "banking77": 4500, "clinc150": 3000, "bitext": 1500, "cfpb": 800},
    },
    "first": {
        "after": "public",
        "rate": (0.5, 0.0),
        "passes": {"own": 5.0, "mams": 0.2},
        "examples": {"semeval": 3000, "goemotions": 750, "banking77": 500, "clinc150": 200, "bitext": 100, "cfpb": 100},
    },
    "own": {
        "after": "public",
        "rate": (0.8, 0.0),
        "passes": {"own": 10.0, "mams": 0.15},
        "examples": {"semeval": 2000, "goemotions": 600, "banking77": 500, "clinc150": 200, "bitext": 100, "cfpb": 100},
    },
}
# The shares of the phases whose weights are averaged into the model that is exported. All of it is
# "first" for now: a mixture such as 0.5 and 0.5 has not yet been measured.
AVERAGE = {"first": 1.0}

# How much an example of a source counts in the loss.
SOURCE_WEIGHT = {
    "own": 3.0, "semeval": 1.0, "goemotions": 1.0, "banking77": 0.7,
    "clinc150": 0.7, "bitext": 0.4, "mams": 1.0, "cfpb": 0.7,
}

# The share of each head in the loss.
HEAD_WEIGHT = {"sentiment": 1.0, "touchpoints": 1.0, "intents": 0.7, "emotions": 0.5}

DEV_PERCENT_OWN = 20
DEV_PERCENT_SEMEVAL = 4
