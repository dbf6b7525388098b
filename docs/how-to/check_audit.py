"""Check an audit of pactdesk: python check_audit.py FILE PUBLIC_KEY (Python and PyNaCl suffice)."""

import base64
import json
import sys
from collections import Counter
from hashlib import sha256
from struct import pack

from nacl import exceptions, signing

canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def content(record):
    key, headers, value = record["key"], record["headers"].encode(), record["value"]
    inner = record["value_sha256"] if value is None else sha256(base64.b64decode(value)).hexdigest()
    lengths = pack(">iI", -1 if key is None else len(key.encode()), len(headers))
    return sha256(lengths + (key or "").encode() + headers + bytes.fromhex(inner)).hexdigest()


def faults(audit, public_key):
    signed, said, sealed = audit["signed"], canonical(audit["signed"]).encode(), {}
    try:
        signing.VerifyKey(bytes.fromhex(public_key)).verify(said, bytes.fromhex(audit["signature"]))
    except (exceptions.BadSignatureError, ValueError):
        yield "signature: this key did not sign what stands under `signed`"
    for kind in ("records", "stretches"):
        now = Counter((p["where"], sha256(canonical(p).encode()).hexdigest()) for p in audit[kind])
        was = Counter(signed[kind].items())
        for where, _ in sorted((now - was) + (was - now)):
            yield f"{kind} {where}: not as it was signed"
    for stretch in audit["stretches"]:
        digest = bytes.fromhex(stretch["before"])
        for offset, record in stretch["hashes"]:
            sealed[f"{stretch['partition']}/{offset}"] = record
            digest = sha256(digest + pack(">Q", offset) + bytes.fromhex(record)).digest()
        if digest.hex() != stretch["after"]:
            yield f"stretches {stretch['where']}: its records do not lead to its seal"
    for record in audit["records"]:
        if record["where"] in sealed and content(record) != sealed[record["where"]]:
            yield f"records {record['where']}: its bytes are not those that were sealed"


try:
    found = list(dict.fromkeys(faults(json.load(open(sys.argv[1], "rb")), sys.argv[2])))
except (AttributeError, KeyError, TypeError, ValueError) as error:
    found = [f"{sys.argv[1]}: this is no audit, or a part of it is not there ({error!r})"]
print("\n".join(found) or "good")
sys.exit(1 if found else 0)
