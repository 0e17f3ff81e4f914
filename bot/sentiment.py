"""Whether a text sounds glad or not; the lexicon is read when a wave's words are shown, and not before."""


def tone(text: str) -> float:
    """From -1, unhappy, to 1, glad; 0 where nothing of it says so. TextBlob's pattern lexicon, English."""
    # A quarter of the memory of a whole bot, which most of them never need.
    from textblob.en import sentiment  # noqa: PLC0415

    polarity, _subjectivity = sentiment(text)
    return float(polarity)
