"""The words of `strings_en.py` and `strings_lt.py` as a board holds them: made by `sim/pack_words.py`, never committed."""
