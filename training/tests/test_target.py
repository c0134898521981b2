import json
import unittest
from pathlib import Path

from hark_training.target import towards
from hark_training.text import normalise

# Rust's tests hold the same lines.
GOLDEN = Path(__file__).resolve().parents[2] / "services/classify/tests/golden/marked.jsonl"


class Marks(unittest.TestCase):
    def test_each_line_of_the_golden_file(self):
        lines = GOLDEN.read_text(encoding="utf-8").splitlines()
        self.assertGreater(len(lines), 20)
        for line in lines:
            text, target, others, marked = json.loads(line)
            with self.subTest(text=text, target=target):
                self.assertEqual(normalise(towards(text, target, others)), marked)


if __name__ == "__main__":
    unittest.main()
