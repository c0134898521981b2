"""The model's heads and the order of their labels. The order is a contract with the Rust side."""

SENTIMENT = ["negative", "neutral", "positive"]
TOUCHPOINTS = [
    "advertising", "website-app", "store", "staff", "ordering", "payment", "price", "delivery",
    "product", "support", "returns", "account", "loyalty", "partner", "safety", "brand",
]
INTENTS = ["complaint", "question", "praise", "suggestion", "purchase", "churn", "recommendation"]
EMOTIONS = ["anger", "disgust", "fear", "joy", "sadness", "surprise"]

EXPECTATION = ["missed", "met", "exceeded"]  # at most one; none when no experience is told

HEADS = {"sentiment": SENTIMENT, "touchpoints": TOUCHPOINTS, "intents": INTENTS, "emotions": EMOTIONS, "expectation": EXPECTATION}
SIGMOID_HEADS = ("touchpoints", "intents", "emotions", "expectation")

UNKNOWN = -1


def vector(names, yes=(), no=(), rest=UNKNOWN):
    """A list of 1, 0 and UNKNOWN in the order of `names`; labels in neither set get `rest`."""
    stray = (set(yes) | set(no)) - set(names)
    if stray:
        raise ValueError(f"not labels of this head: {sorted(stray)}")
    return [1 if name in yes else 0 if name in no else rest for name in names]
