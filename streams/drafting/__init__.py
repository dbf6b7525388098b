"""Drafts by a language model that speaks as OpenAI's chat completions do; off unless set up.

settings.py   which one, and how long it is waited for
place.py      where it may be
prompt.py     what it is told, and what is read of its answer; pure
errands.py    a request as it is taken on
carriers.py   one call, and what came of it

Whether one is asked at all is decided in `agents.drafting`, what a draft may say in
`agents.quoting`; the calls are begun and kept by a courier (`streams.delivery`).
"""
