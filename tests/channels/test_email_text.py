"""The text of mails: HTML, and quotations as mail programs of several languages make them."""

from __future__ import annotations

import pytest

from streams.channels.email_text import of_html, split, tidied

QUOTED = [
    "On Mon, Mar 2, 2026 at 10:00 AM Help <help@desk.example> wrote:\n> Did it help?",
    "On Mon, Mar 2, 2026 at 10:00 AM Help\n<help@desk.example> wrote:\n\n> Did it help?",
    "On Mon, Mar 2, 2026 at 10:00 AM Help <help@desk.example> wrote:\nDid it help?",
    "Am 02.03.2026 um 10:00 schrieb Help:\n> Hat es geholfen?",
    "Le lun. 2 mars 2026 à 10:00, Help <help@desk.example> a écrit :\n> Alors ?",
    "El lun, 2 mar 2026 a las 10:00, Help (<help@desk.example>) escribió:\n> ¿Y?",
    "Il giorno lun 2 mar 2026 alle ore 10:00 Help ha scritto:\n> Allora?",
    "-----Original Message-----\nFrom: Help\nSent: Monday\n\nDid it help?",
    "-----Ursprüngliche Nachricht-----\nVon: Help\n\nHat es geholfen?",
    (
        "________________________________\nFrom: Help <help@desk.example>\n"
        "Sent: Monday, March 2, 2026 10:00 AM\nTo: Ann\nSubject: Re: My bill\n\nDid it help?"
    ),
    "Von: Help\nGesendet: Montag\nAn: Ann\nBetreff: AW: X\n\nHat es geholfen?",
    "> Did it help?\n> > I was charged twice",
    "De\xa0: Help <help@desk.example>\nEnvoyé\xa0: lundi\nÀ\xa0: Ann\nObjet\xa0: RE: X\n\nAlors ?",
    "-------- Message d’origine --------\nDe : Help\n\nAlors ?",
    'Gesendet: Montag, 2. März\nVon: "Help" <h@x.example>\nAn: a@x.example\nBetreff: X\n\nUnd?',
    "Van: Help\nVerzonden: maandag\nAan: Ann\nOnderwerp: RE: X\n\nEn?",
    "Från: Help\nSkickat: den 2 mars 2026\nTill: Ann\nÄmne: SV: X\n\nGick det?",
    "Fra: Help\nSendt: 2. marts 2026\nTil: Ann\nEmne: SV: X\n\nGik det?",
    "Lähettäjä: Help\nLähetetty: maanantai\nVastaanottaja: Ann\nAihe: VS: X\n\nToimiiko?",
    "Od: Help\nWysłano: poniedziałek\nDo: Ann\nTemat: RE: X\n\nCzy działa?",
    "Od: Help\nOdesláno: pondělí\nKomu: Ann\nPředmět: RE: X\n\nFunguje to?",
    "Kimden: Help\nGönderildi: Pazartesi\nKime: Ann\nKonu: RE: X\n\nOldu mu?",
    "От: Help\nОтправлено: 2 марта 2026\nКому: Ann\nТема: RE: X\n\nПомогло?",
    "差出人: Help\n送信日時: 2026年3月2日\n宛先: Ann\n件名: RE: X\n\n直りましたか",
    "发件人：Help\n发送时间：2026年3月2日\n收件人：Ann\n主题：RE: X\n\n好了吗",
    "보낸 사람: Help\n보낸 날짜: 2026년 3월 2일\n받는 사람: Ann\n제목: RE: X\n\n되나요?",
    (
        "From: Help <help@desk.example>\nSent: Monday\nTo: Ann <a@x.example>; Bo <b@x.example>;\n"
        "Cy <c@x.example>;\nDi <d@x.example>\nSubject: RE: X\n\nDid it help?"
    ),
    "пн, 2 мар. 2026 г. в 10:00, Help <help@desk.example>:\n\n> Помогло?",
    "2026年3月2日(月) 10:00 Help <help@desk.example>:\n\n> 直りましたか",
    "2026年3月2日(月) 10:00 Help\n<help@desk.example>:\n\n> 直りましたか",
    "Help <help@desk.example> 于2026年3月2日周一 10:00写道：\n\n> 好了吗",
    "2026년 3월 2일 (월) 오전 10:00, Help <help@desk.example>님이 작성:\n\n> 되나요?",
    "În lun., 2 mar. 2026 la 10:00, Help <help@desk.example> a scris:\n\n> Merge?",
    "בתאריך יום ב׳, 2 במרץ 2026 ב-10:00 מאת Help <help@desk.example>:\u200f\n\n> עובד?",
]


LONG = (
    "On Mon, Mar 2, 2026 at 10:00 AM The Support Team of Example Incorporated of\n"
    "the Whole Wide World <\nhelp+h7qk2mzd5wq@desk.example> wrote:\n\n> Did it help?"
)

QUOTED += [
    LONG,
    "W dniu 2.03.2026 o 10:00, Help pisze:\n> Pomogło?",
    (
        '----- Mail original -----\nDe: "Help" <h@x.example>\nÀ: "a" <a@x.example>\n'
        "Envoyé: Lundi 2 Mars 2026 10:00:00\nObjet: Re: X\n\nAlors ?"
    ),
    (
        '------------------ 原始邮件 ------------------\n发件人: "Help" <h@x.example>;\n'
        "发送时间: 2026年3月2日\n收件人: <a@x.example>;\n主题: Re: X\n\n好了吗"
    ),
]


@pytest.mark.parametrize("quotation", QUOTED)
def test_a_quotation_below_is_no_part_of_the_answer(quotation: str) -> None:
    told = split(tidied(f"It works now.\nThanks,\nAnn\n\n{quotation}"))
    assert told.new == "It works now.\nThanks,\nAnn"
    assert told.quotes


@pytest.mark.parametrize(
    "below",
    [
        (
            "---------- Forwarded message ---------\nFrom: Shop <s@x.example>\nDate: Mon\n"
            "Subject: Your bill\nTo: Ann\n\nYou owe 5"
        ),
        "Begin forwarded message:\n\n> From: Shop <s@x.example>\n> Subject: Bill\n>\n> You owe 5",
        (
            "Anfang der weitergeleiteten Nachricht:\n\nVon: Shop\nBetreff: Bon\nDatum: Montag\n"
            "An: Ann\n\nBitte zahlen"
        ),
    ],
)
def test_a_mail_that_is_passed_on_is_part_of_what_is_said(below: str) -> None:
    assert split(f"They wrote me this:\n\n{below}") == (f"They wrote me this:\n\n{below}", False)
    told = split(f"> Which bill?\nThis one:\n\n{below}")
    assert told == (f"This one:\n\n{below}", True)


def test_answers_between_the_lines_are_all_kept() -> None:
    told = split("> Did it help?\n\nNo.\n\n> Shall we call?\n\nYes, please.")
    assert told.new == "No.\n\nYes, please."


@pytest.mark.parametrize(
    "text",
    [
        "Your colleague wrote: it is free. Is it?",
        "On Monday your colleague wrote:\nit is free",
        "From: the shop in town\nI bought it there.",
        "I pay > 20 a month",
        "Please change my trip:\nFrom: Berlin\nTo: Munich\nDate: 3 March 2026\nOr I cancel it.",
        "Meine Lieferung\nVon: Berlin\nAn: Bonn\nDatum: 3.3.2026\nist nicht da.",
        "On 12.02.2026 your colleague wrote me the following:\nyou get it back.\nI did not.",
        "",
    ],
)
def test_what_only_looks_like_a_quotation_stays(text: str) -> None:
    assert split(text) == (text, False)


OUTPUT = "It says:\n\n> npm install\n> ERR! code 42\n\nWhat now?"


def test_in_a_mail_that_answers_nothing_marked_lines_are_its_writer_s() -> None:
    assert split(OUTPUT, answers=False) == (OUTPUT, False)
    assert split(OUTPUT).new == "It says:\n\nWhat now?"


@pytest.mark.parametrize(
    "told",
    [
        "Hello,\nOn 3 March 2026 at 10:15 your man wrote:\nit comes in a week.\nIt never came.",
        "Is this yours?\n\nFrom: Shop <s@x.example>\nSent: Monday\nSubject: Bill\n\nYou owe 5",
    ],
)
def test_what_is_put_into_a_mail_that_answers_nothing_is_its_writer_s(told: str) -> None:
    assert split(told, answers=False).new == told
    assert split(told).new != told


@pytest.mark.parametrize("quotation", [LONG, "> On 2 Mar 2026, at 10:00, Help wrote:\n>\n> Well?"])
def test_what_a_program_says_is_another_s_is_no_part_of_any_mail(quotation: str) -> None:
    assert split(f"{OUTPUT}\n\n{quotation}", answers=False).new == OUTPUT


def test_a_mail_that_is_all_quotation_is_kept_whole() -> None:
    text = "> Did it help?\n> Really?"
    assert split(text) == (text, False)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two &amp; three</p>", "One\n\nTwo & three"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("a<br><br><br><br>b", "a\nb"),
        ("<style>p {}</style><p>x</p>", "x"),
        ("<head><title>A mail</title></head><body><p>x</p></body>", "x"),
        ("<head><title>A mail</head><body><p>x</p></body>", "x"),
        ('<img alt="a cat">', "[a cat]"),
        (
            '<p>See <a href="https://x.example/7">my <b>order</b></a>.</p>',
            "See my order (https://x.example/7).",
        ),
        ('<a href="https://www.x.example/">x.example</a>, you', "x.example, you"),
        ('<a href="https://x.example/7">https://x.example/7</a>', "https://x.example/7"),
        ('<a href="mailto:a@x.example">Ann</a> <a href="#top">up</a> <a>it</a>', "Ann up it"),
        ('<a href="https://x.example/7"><img src="x"></a>text', "text"),
        (
            '<a href="https://x.example/7"><div>One</div></a><p>two</p>',
            "One\n(https://x.example/7)\ntwo",
        ),
        ("<div>a</div><blockquote>b<br>c</blockquote>", "a\n> b\n> c"),
        (
            '<blockquote style="border:none;margin:9px">b<blockquote>c</blockquote>d</blockquote>e',
            "b\n> c\nd\ne",
        ),
        ('a<blockquote style="border:none;border-left:solid">b</blockquote>', "a\n> b"),
        ("<p>cut <b", "cut <b"),
        ("<![what>It broke.", "It broke."),
        ("5 < 6", "5 < 6"),
    ],
)
def test_html_reads_as_it_is_shown(html: str, text: str) -> None:
    assert of_html(html) == text


def test_an_answer_in_html_stands_apart_from_what_it_answers() -> None:
    html = (
        '<div dir="ltr">It works.</div><br><div class="gmail_quote"><div>On Mon, Mar 2, 2026 at'
        " 10:00 AM Help &lt;help@desk.example&gt; wrote:<br></div><blockquote><p>Did it help?</p>"
        "</blockquote></div>"
    )
    assert split(of_html(html)).new == "It works."
