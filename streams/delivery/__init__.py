"""Bringing what was requested to the platforms: one courier, whatever the platform and the engine.

errand.py    what becomes of one request: tries, waits, doubts, the end; pure
carriers.py  who carries a request, and what can be asked of them
calling.py   one HTTP request, and what came of it
mail.py      one mail, by SMTP
pacing.py    how much a platform takes, and when it is left alone
courier.py   rounds: say what came, begin what is due
book.py      the errands as the store keeps them
"""
