"""Mails in charsets as mail programs name them, which is often not what they are."""

from __future__ import annotations

from base64 import b64encode

import pytest

from streams.channels.email_mime import decoded, header


@pytest.mark.parametrize(
    ("named", "codec", "text"),
    [
        ("gb2312", "gbk", "陈镕基的订单"),
        ("GBK", "gb18030", "㐂の订单"),
        ("shift_jis", "cp932", "①髙橋の注文"),
        ("euc-kr", "cp949", "똠방각하 주문"),
        ("ks_c_5601-1987", "cp949", "펲시콜라"),
        ("big5", "cp950", "我的訂單 ─ 碁"),
        ("big5", "big5hkscs", "喺邊度"),
        ("iso-8859-9", "cp1254", "“Sipariş” nerede – €"),
        ("windows-874", "cp874", "สวัสดี “ครับ”"),
        ("tis-620", "cp874", "สวัสดี"),
        ("iso-8859-8-i", "iso8859-8", "איפה ההזמנה שלי"),
        ("x-mac-roman", "mac-roman", "café"),
        ("cp-850", "cp850", "Grüße"),
        ("win-1251", "cp1251", "Где заказ?"),
        ("windows-1252", "cp1252", "“quoted” – 5 €"),
        ("iso-8859-1", "cp1252", "“quoted” – 5 €"),
        ("koi8-r", "koi8-r", "Где заказ?"),
        ("no-such-charset", "utf-8", "Grüße"),
    ],
)
def test_what_is_written_under_a_name_is_read(named: str, codec: str, text: str) -> None:
    assert decoded(text.encode(codec), named) == text


def test_a_header_is_read_alike() -> None:
    word = b64encode("陈镕基的订单".encode("gbk")).decode()
    assert header(f"=?gb2312?B?{word}?=") == "陈镕基的订单"
