import unittest

from hark_training import mapping
from hark_training.labels import EMOTIONS, TOUCHPOINTS, vector


class Mapping(unittest.TestCase):
    def test_every_mapped_touchpoint_is_one_of_ours(self):
        for table in (mapping.BANKING77, mapping.CLINC150, mapping.BITEXT):
            for yes, maybe in table.values():
                vector(TOUCHPOINTS, yes, maybe)
                self.assertFalse(set(yes) & set(maybe))
        for ids in list(mapping.CFPB_ISSUE.values()):
            vector(TOUCHPOINTS, ids)

    def test_a_class_is_mapped_once(self):
        for table in (mapping.BANKING77, mapping.CLINC150, mapping.BITEXT):
            self.assertEqual(len(mapping.by_class(table)), sum(map(len, table)))

    def test_emotions_are_ours(self):
        self.assertEqual(set(mapping.GOEMOTIONS_YES), set(EMOTIONS))
        self.assertEqual(set(mapping.GOEMOTIONS_MAYBE), set(EMOTIONS))
