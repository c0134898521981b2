import unittest

from hark_training.emoji import MEANT
from hark_training.tokens import encode, plain_tokenizer


class Emoji(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tokenizer = plain_tokenizer()

    def words(self, text):
        return self.tokenizer.encode(text, add_special_tokens=False).tokens

    def test_a_word_keeps_its_meaning_beside_an_emoji(self):
        self.assertEqual(self.words("Thanks👍👍 so much😭"), ["thanks", "👍", "👍", "so", "much", "😭"])

    def test_tone_and_gender_change_nothing(self):
        self.assertEqual(self.words("ok 👍🏽🤷🏾‍♀️ ❤️ done"), ["ok", "👍", "🤷", "❤", "done"])

    def test_one_without_an_id_is_unknown_by_itself(self):
        self.assertEqual(self.words("tea🫛time"), ["tea", "[UNK]", "time"])

    def test_every_listed_emoji_is_known_and_listed_once(self):
        listed = [entry.split()[0] for line in MEANT.split("\n") for entry in line.split("|") if entry]
        self.assertEqual(len(listed), len(set(listed)))
        for emoji in listed:
            with self.subTest(emoji=emoji):
                self.assertEqual(self.words(emoji), [emoji])

    def test_plain_text_has_the_ids_of_the_vocabulary(self):
        self.assertEqual(encode(["it works"])[0], [101, 2009, 2573, 102])


if __name__ == "__main__":
    unittest.main()
