"""Check an audit of pactdesk: python check_audit.py FILE PUBLIC_KEY (Python and PyNaCl suffice)."""

import base64
import json
import sys
from collections import Counter
from hashlib import sha256
from struct import pack

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey


def canonical(part):
    return json.dumps(part, sort_keys=True, separators=(",", ":")).encode()


def content(record):
    key, headers, value = record["key"], record["headers"].encode(), record["value"]
    inner = record["value_sha256"] if value is None else sha256(base64.b64decode(value)).hexdigest()
    lengths = pack(">iI", -1 if key is None else len(key.encode()), len(headers))
    return sha256(lengths + (key or "").encode() + headers + bytes.fromhex(inner)).hexdigest()


def faults(audit, public_key):
    signed, signature, sealed = audit["signed"], audit["signature"], {}
    try:
        VerifyKey(bytes.fromhex(public_key)).verify(canonical(signed), bytes.fromhex(signature))
    except (BadSignatureError, ValueError):
        yield "signature: this key did not sign what stands under `signed`"
    for kind in ("records", "stretches"):
        there = Counter((p["where"], sha256(canonical(p)).hexdigest()) for p in audit[kind])
        was = Counter(signed[kind].items())
        for where, _ in sorted((there - was) + (was - there)):
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


found = list(dict.fromkeys(faults(json.load(open(sys.argv[1], "rb")), sys.argv[2])))
print("\n".join(found) or "good")
sys.exit(1 if found else 0)
