"""Titles alike but for a variant word."""

from training.titles import stems


def test_colours_sizes_and_numbers_do_not_part_titles() -> None:
    """Red and blue of one mug share a label; another mug does not."""
    titles = ["RED RETROSPOT MUG", "Blue Retrospot Mug", "RED RETROSPOT BOWL", "Lemonade 500ml", "Lemonade 1.5 l", ""]
    labels = stems(titles)
    assert labels[0] == labels[1] >= 0
    assert labels[3] == labels[4] >= 0
    assert labels[0] != labels[3]
    assert labels[2] == labels[5] == -1


def test_titles_of_variant_words_alone_say_nothing() -> None:
    """`RED` and `BLUE` are no product; nor are `12` and `13`."""
    assert stems(["RED", "BLUE", "12", "13"]).tolist() == [-1] * 4


def test_word_order_does_not_matter() -> None:
    """`MUG RED SPOTTY` and `SPOTTY MUG BLUE` are alike."""
    labels = stems(["MUG RED SPOTTY", "SPOTTY MUG BLUE"])
    assert labels[0] == labels[1] >= 0


def test_a_title_that_many_share_is_a_description() -> None:
    """Thirteen items called `Yogurt` are thirteen products; twelve may be one in variants."""
    assert stems(["Yogurt 6 oz"] * 13).tolist() == [-1] * 13
    assert len(set(stems(["Yogurt 6 oz"] * 12).tolist())) == 1
