"""The tone of a text; the lexicon is loaded only where there are pulses."""

TONE_LANGUAGES = frozenset({"en"})  # in other languages the lexicon knows no words, and would call everything neutral


def tone(text: str) -> float:
    """Return the polarity from -1 (negative) to 1 (positive), 0 if neutral, by TextBlob's English pattern lexicon."""
    # It needs a quarter of the bot's memory, and most installations never use it.
    from textblob.en import sentiment  # noqa: PLC0415

    polarity, _subjectivity = sentiment(text)
    return float(polarity)
