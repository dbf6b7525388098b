"""Twilio: text messages, and calls from ringing to the transcription of what was said.

Contract: https://www.twilio.com/docs (webhook security, messaging and voice requests). People with
an even number write, the others call.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha1
from urllib.parse import parse_qsl, urlencode

from streams.channels.settings import Phone
from streams.simulating.platforms.platform import FORM, Post, Said, digits

PATH = "/channels/phone"


@dataclass(frozen=True)
class PhonePlatform:
    """Twilio.

    Attributes:
        settings: The channel's settings.
        timed: Its signature holds for ever.
    """

    settings: Phone
    timed: bool = False

    def greetings(self, at: datetime) -> list[Post]:
        """It asks nothing before."""
        del at
        return []

    def posts(self, said: Said) -> list[Post]:
        """A text message, or the three requests of a call."""
        return self._call(said) if said.person % 2 else [self._text(said)]

    def once_more(self, said: Said) -> list[Post]:
        """The same form, as after a time-out: Twilio tells of nothing in two ways."""
        return self.posts(said)[-1:]

    def _text(self, said: Said) -> Post:
        number = f"SM{digits(said, 'sms', 32)}"
        form = {
            "MessageSid": number,
            "SmsMessageSid": number,
            "SmsStatus": "received",
            "Body": said.text,
            "NumMedia": "0",
            "NumSegments": "1",
        }
        return self._post(said, "sms", number, form)

    def _call(self, said: Said) -> list[Post]:
        call, recording = f"CA{digits(said, 'call', 32)}", f"RE{digits(said, 'recording', 32)}"
        ringing = {"CallSid": call, "Direction": "inbound", "CallStatus": "ringing"}
        place = f"{self.settings.api_base_url}/2010-04-01/Accounts/{self.settings.account_sid}"
        recorded = {
            **ringing,
            "CallStatus": "completed",
            "RecordingSid": recording,
            "RecordingUrl": f"{place}/Recordings/{recording}",
        }
        transcribed = {
            "TranscriptionSid": f"TR{digits(said, 'transcription', 32)}",
            "TranscriptionStatus": "completed",
            "TranscriptionText": said.text,
            "TranscriptionType": "fast",
        }
        return [
            self._post(said, "voice", "", ringing),
            self._post(said, "recording", "", {**recorded, "RecordingDuration": "14"}),
            self._post(said, "transcription", recording, {**recorded, **transcribed}),
        ]

    def _post(self, said: Said, what: str, message: str, form: dict[str, str]) -> Post:
        about = {
            "AccountSid": str(self.settings.account_sid),
            "ApiVersion": "2010-04-01",
            "From": f"+1555020{said.person:04d}",
            "To": str(self.settings.number),
        }
        return Post(what, message, f"{PATH}/{what}", urlencode({**about, **form}).encode(), FORM)

    def signed(self, post: Post, at: datetime) -> Mapping[str, str]:
        """Its signature over the public address and the form."""
        del at
        form = parse_qsl(post.body.decode(), keep_blank_values=True)
        told = str(self.settings.public_url).rstrip("/") + post.path
        told += "".join(name + value for name, value in sorted(form))
        digest = hmac.new(str(self.settings.auth_token).encode(), told.encode(), sha1).digest()
        return {"X-Twilio-Signature": b64encode(digest).decode()}

    def again(self, number: int) -> Mapping[str, str]:
        """It does not say that it comes again."""
        del number
        return {}
