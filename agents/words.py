"""What the desk says to customers by itself, as it ships, by language.

Each text stands by itself: a customer reads it without knowing what a ticket, an agent or a model
is. Buttons have room for twenty characters, as WhatsApp gives them.
"""

from __future__ import annotations

from types import MappingProxyType

import msgspec

REFERENCE = "{ticket}"
"""What stands in a confirmation for the ticket's id."""

TITLE = "{title}"
"""What stands in an answer for its article's title."""


class Words(msgspec.Struct, frozen=True):
    """The desk's own words in one language.

    Attributes:
        confirmation: A new ticket is in hand; `{ticket}` stands for its id.
        helps: What begins an answer; `{title}` stands for the title of its article.
        is_it: What begins an answer that may not be meant, likewise.
        did_you_mean: What begins a suggestion, likewise.
        as_well: What ends a suggestion.
        survey: How did it go?
        by_number: How to answer that where the platform has no buttons.
        solved: The button of an answer that helped.
        more: The button of one that did not.
        by_word: How to say either where the platform has no buttons.
        solved_said: Whole messages that say the first, as `by_word` asks for them, in lower case.
        more_said: Whole messages that say the second.
        follow_up: Did the last answer help?
        noticed: Something is wrong, and nobody has written of it yet.
        away: What begins the mail with what was said in a chat that its customer had left.
        come_back: What ends it.
    """

    confirmation: str
    helps: str
    is_it: str
    did_you_mean: str
    as_well: str
    survey: str
    by_number: str
    solved: str
    more: str
    by_word: str
    solved_said: tuple[str, ...]
    more_said: tuple[str, ...]
    follow_up: str
    noticed: str
    away: str
    come_back: str


SHIPPED = MappingProxyType({
    "en": Words(
        confirmation="Thank you for writing. We have your message and a colleague will answer you "
        "here.\n\nYour reference is {ticket}.",
        helps="This should help: {title}",
        is_it="Is this what you meant: {title}?",
        did_you_mean="Did you mean: {title}?",
        as_well="A colleague will look at it as well.",
        survey="We are glad that this is settled. How did we do, from 1 (bad) to 5 (good)?",
        by_number="Please answer with a number from 1 (bad) to 5 (good).",
        solved="That solved it",
        more="I need more help",
        by_word='Did this solve it? Answer "solved", or "need more help".',
        solved_said=("solved",),
        more_said=("need more help",),
        follow_up="We wanted to make sure that all is well: did our last answer help? If not, "
        "simply write back and a colleague will take it from here.",
        noticed="We noticed that the app stopped on you several times lately, and we are sorry. A "
        "colleague is looking into it and will write to you here; you need not do anything.",
        away="You were not in the chat any more when we answered. This is what we wrote:",
        come_back="You can answer this mail, or come back to the chat.",
    ),
    "de": Words(
        confirmation="Danke für Ihre Nachricht. Sie ist angekommen, und wir antworten Ihnen "
        "hier.\n\nIhre Vorgangsnummer ist {ticket}.",
        helps="Das sollte helfen: {title}",
        is_it="Haben Sie das gemeint: {title}?",
        did_you_mean="Meinten Sie: {title}?",
        as_well="Wir sehen uns Ihre Frage auch selbst noch an.",
        survey="Schön, dass das erledigt ist. Wie zufrieden waren Sie mit uns, von 1 (schlecht) "
        "bis 5 (gut)?",
        by_number="Bitte antworten Sie mit einer Zahl von 1 (schlecht) bis 5 (gut).",
        solved="Das hat geholfen",
        more="Brauche mehr Hilfe",
        by_word="Hat das geholfen? Antworten Sie „gelöst“ oder „brauche mehr Hilfe“.",
        solved_said=("gelöst", "geloest", "hat geholfen", "ja, das hat geholfen"),
        more_said=("ich brauche mehr hilfe",),
        follow_up="Wir möchten sichergehen, dass alles in Ordnung ist: Hat unsere letzte Antwort "
        "geholfen? Wenn nicht, schreiben Sie uns einfach, und wir kümmern uns darum.",
        noticed="Uns ist aufgefallen, dass die App bei Ihnen zuletzt mehrmals abgestürzt ist. Das "
        "tut uns leid. Wir gehen der Sache nach und schreiben Ihnen hier; Sie müssen nichts tun.",
        away="Als wir geantwortet haben, waren Sie nicht mehr im Chat. Das haben wir geschrieben:",
        come_back="Sie können auf diese E-Mail antworten oder in den Chat zurückkommen.",
    ),
    "fr": Words(
        confirmation="Merci de nous avoir écrit. Nous avons bien reçu votre message et nous vous "
        "répondrons ici.\n\nVotre référence est {ticket}.",
        helps="Ceci devrait vous aider : {title}",
        is_it="Est-ce ce que vous vouliez dire : {title} ?",
        did_you_mean="Vouliez-vous dire : {title} ?",
        as_well="Un collègue va aussi s'en occuper.",
        survey="Nous sommes heureux que ce soit réglé. Quelle note nous donnez-vous, de 1 "
        "(mauvais) à 5 (très bien) ?",
        by_number="Répondez par un chiffre de 1 (mauvais) à 5 (très bien).",
        solved="C'est résolu",
        more="Encore besoin d'aide",
        by_word="Est-ce résolu ? Répondez « résolu » ou « encore besoin d'aide ».",
        solved_said=("résolu", "resolu", "c'est resolu", "oui, c'est résolu"),
        more_said=("j'ai encore besoin d'aide",),
        follow_up="Nous voulons nous assurer que tout va bien : notre dernière réponse vous "
        "a-t-elle aidé ? Sinon, écrivez-nous simplement et un collègue prendra le relais.",
        noticed="Nous avons remarqué que l'application s'est arrêtée plusieurs fois chez vous ces "
        "derniers temps, et nous en sommes désolés. Un collègue s'en occupe et vous écrira ici ; "
        "vous n'avez rien à faire.",
        away="Vous n'étiez plus dans la discussion quand nous avons répondu. Voici ce que nous "
        "avons écrit :",
        come_back="Vous pouvez répondre à cet e-mail ou revenir dans la discussion.",
    ),
    "es": Words(
        confirmation="Gracias por escribirnos. Hemos recibido su mensaje y le responderemos "
        "aquí.\n\nSu referencia es {ticket}.",
        helps="Esto debería ayudarle: {title}",
        is_it="¿Es esto lo que quería decir: {title}?",
        did_you_mean="¿Quiso decir: {title}?",
        as_well="Una persona del equipo también lo revisará.",
        survey="Nos alegra que esté resuelto. ¿Cómo valora nuestra atención, de 1 (mala) a 5 "
        "(buena)?",
        by_number="Responda con un número del 1 (mala) al 5 (buena).",
        solved="Está solucionado",
        more="Necesito más ayuda",
        by_word="¿Está solucionado? Responda «solucionado» o «necesito más ayuda».",
        solved_said=("solucionado", "esta solucionado", "sí, está solucionado"),
        more_said=("necesito mas ayuda", "más ayuda", "mas ayuda"),
        follow_up="Queremos asegurarnos de que todo va bien: ¿le sirvió nuestra última respuesta? "
        "Si no, escríbanos y una persona del equipo se encargará.",
        noticed="Hemos visto que la aplicación se le ha cerrado varias veces últimamente y lo "
        "sentimos. Lo estamos revisando y le escribiremos aquí; no tiene que hacer nada.",
        away="Ya no estaba en el chat cuando respondimos. Esto es lo que le escribimos:",
        come_back="Puede responder a este correo o volver al chat.",
    ),
    "it": Words(
        confirmation="Grazie per averci scritto. Abbiamo ricevuto il suo messaggio e le "
        "risponderemo qui.\n\nIl suo riferimento è {ticket}.",
        helps="Questo dovrebbe aiutarla: {title}",
        is_it="È questo che intendeva: {title}?",
        did_you_mean="Forse intendeva: {title}?",
        as_well="Anche un collega se ne occuperà.",
        survey="Siamo lieti che sia risolto. Come giudica la nostra assistenza, da 1 (cattiva) a "
        "5 (buona)?",
        by_number="Risponda con un numero da 1 (cattiva) a 5 (buona).",
        solved="È risolto",
        more="Mi serve altro aiuto",
        by_word="È risolto? Risponda «risolto» o «mi serve altro aiuto».",
        solved_said=("risolto", "e risolto", "e' risolto", "sì, è risolto"),
        more_said=("altro aiuto",),
        follow_up="Vogliamo assicurarci che vada tutto bene: la nostra ultima risposta è stata "
        "utile? Se no, ci scriva e un collega se ne occuperà.",
        noticed="Abbiamo notato che ultimamente l'app si è chiusa più volte e ci dispiace. Un "
        "collega se ne sta occupando e le scriverà qui; non deve fare nulla.",
        away="Quando abbiamo risposto non era più nella chat. Ecco che cosa abbiamo scritto:",
        come_back="Può rispondere a questa e-mail o tornare nella chat.",
    ),
    "pt": Words(
        confirmation="Obrigado por nos escrever. Recebemos a sua mensagem e vamos responder "
        "aqui.\n\nA sua referência é {ticket}.",
        helps="Isto deve ajudar: {title}",
        is_it="É isto que queria dizer: {title}?",
        did_you_mean="Quis dizer: {title}?",
        as_well="Um colega também vai ver.",
        survey="Ficamos contentes por estar resolvido. Como avalia o nosso atendimento, de 1 (mau) "
        "a 5 (bom)?",
        by_number="Responda com um número de 1 (mau) a 5 (bom).",
        solved="Está resolvido",
        more="Quero mais ajuda",
        by_word='Está resolvido? Responda "resolvido" ou "quero mais ajuda".',
        solved_said=("resolvido", "esta resolvido", "sim, está resolvido"),
        more_said=("preciso de mais ajuda", "mais ajuda"),
        follow_up="Queremos ter a certeza de que está tudo bem: a nossa última resposta ajudou? Se "
        "não, escreva-nos e um colega trata do assunto.",
        noticed="Vimos que a aplicação fechou várias vezes nos últimos dias e lamentamos. Um "
        "colega está a tratar do assunto e vai escrever aqui; não precisa de fazer nada.",
        away="Quando respondemos, já não estava no chat. Foi isto que escrevemos:",
        come_back="Pode responder a este e-mail ou voltar ao chat.",
    ),
    "nl": Words(
        confirmation="Bedankt voor uw bericht. We hebben het ontvangen en een collega antwoordt u "
        "hier.\n\nUw referentie is {ticket}.",
        helps="Dit zou moeten helpen: {title}",
        is_it="Is dit wat u bedoelde: {title}?",
        did_you_mean="Bedoelde u: {title}?",
        as_well="Een collega kijkt er ook naar.",
        survey="Fijn dat dit is opgelost. Hoe hebben we het gedaan, van 1 (slecht) tot 5 (goed)?",
        by_number="Antwoord met een cijfer van 1 (slecht) tot 5 (goed).",
        solved="Het is opgelost",
        more="Meer hulp nodig",
        by_word='Is het opgelost? Antwoord met "opgelost" of "meer hulp nodig".',
        solved_said=("opgelost", "ja, het is opgelost"),
        more_said=("ik heb meer hulp nodig",),
        follow_up="We willen zeker weten dat alles in orde is: heeft ons laatste antwoord "
        "geholpen? Zo niet, schrijf ons dan gerust; een collega pakt het op.",
        noticed="We zagen dat de app de laatste tijd een paar keer bij u is vastgelopen, en dat "
        "spijt ons. Een collega zoekt het uit en schrijft u hier; u hoeft niets te doen.",
        away="U was niet meer in de chat toen we antwoordden. Dit schreven we:",
        come_back="U kunt op deze e-mail antwoorden of terugkomen in de chat.",
    ),
    "pl": Words(
        confirmation="Dziękujemy za wiadomość. Otrzymaliśmy ją i odpowiemy tutaj.\n\nNumer sprawy: "
        "{ticket}.",
        helps="To powinno pomóc: {title}",
        is_it="Czy o to chodziło: {title}?",
        did_you_mean="Czy chodzi o: {title}?",
        as_well="Zajmie się tym także ktoś z zespołu.",
        survey="Cieszymy się, że sprawa jest załatwiona. Jak nas Państwo oceniają, od 1 (źle) do 5 "
        "(dobrze)?",
        by_number="Prosimy odpowiedzieć liczbą od 1 (źle) do 5 (dobrze).",
        solved="To pomogło",
        more="To nie pomogło",
        by_word="Czy to pomogło? Prosimy odpowiedzieć „pomogło” lub „nie pomogło”.",
        solved_said=("pomogło", "pomoglo", "tak, pomogło"),
        more_said=("nie pomogło", "nie pomoglo"),
        follow_up="Chcemy się upewnić, że wszystko jest w porządku: czy nasza ostatnia odpowiedź "
        "pomogła? Jeśli nie, prosimy napisać, a ktoś z zespołu się tym zajmie.",
        noticed="Zauważyliśmy, że aplikacja ostatnio kilka razy się zamknęła, i przepraszamy. "
        "Sprawdzamy to i napiszemy tutaj; nie trzeba nic robić.",
        away="Gdy odpowiedzieliśmy, nie było już Państwa na czacie. Oto co napisaliśmy:",
        come_back="Można odpowiedzieć na tę wiadomość albo wrócić na czat.",
    ),
    "sv": Words(
        confirmation="Tack för ditt meddelande. Vi har tagit emot det och en kollega svarar dig "
        "här.\n\nDin referens är {ticket}.",
        helps="Det här bör hjälpa: {title}",
        is_it="Är det här vad du menade: {title}?",
        did_you_mean="Menade du: {title}?",
        as_well="En kollega tittar också på det.",
        survey="Vi är glada att det är löst. Hur skötte vi oss, från 1 (dåligt) till 5 (bra)?",
        by_number="Svara med en siffra från 1 (dåligt) till 5 (bra).",
        solved="Det är löst",
        more="Behöver mer hjälp",
        by_word='Är det löst? Svara "löst" eller "behöver mer hjälp".',
        solved_said=("löst", "ja, det är löst"),
        more_said=("jag behöver mer hjälp",),
        follow_up="Vi vill försäkra oss om att allt är bra: hjälpte vårt senaste svar? Om inte, "
        "skriv bara till oss så tar en kollega över.",
        noticed="Vi har märkt att appen har stannat flera gånger för dig på sistone, och vi ber om "
        "ursäkt. En kollega tittar på det och skriver till dig här; du behöver inte göra något.",
        away="Du var inte kvar i chatten när vi svarade. Det här skrev vi:",
        come_back="Du kan svara på det här mejlet eller komma tillbaka till chatten.",
    ),
})  # fmt: skip
