"""What the page of a survey says, by language."""

from __future__ import annotations

from types import MappingProxyType

import msgspec


class PageWords(msgspec.Struct, frozen=True):
    """The page in one language.

    Attributes:
        question: The question, which is also the title.
        about: What comes before the ticket's id.
        scale: What the numbers mean.
        bad: What stands under 1.
        good: What stands under 5.
        add: What comes before the comment.
        if_you_like: That there need be none.
        more: To be chosen by whoever needs more help.
        send: The button.
        nothing: What is said where nothing was chosen.
        thanks: What is said once the answer is kept.
        again: What follows for whoever needs more help.
        better: What follows for everybody else.
        gone: What is said where a link holds no longer, or never did.
        instead: What to do then.
    """

    question: str
    about: str
    scale: str
    bad: str
    good: str
    add: str
    if_you_like: str
    more: str
    send: str
    nothing: str
    thanks: str
    again: str
    better: str
    gone: str
    instead: str


PAGES = MappingProxyType(
    {
        "en": PageWords(
            question="How did we do?",
            about="Your request",
            scale="From 1 (bad) to 5 (good)",
            bad="bad",
            good="good",
            add="Anything to add?",
            if_you_like="(if you like)",
            more="I need more help",
            send="Send",
            nothing="Please choose a number, or say that you need more help.",
            thanks="Thank you",
            again="A colleague will look at it again and write to you.",
            better="Your answer helps us to do better. You can close this page.",
            gone="This link does not work any more",
            instead="Links to our questions hold for a month. If you need help, simply answer our "
            "last message.",
        ),
        "de": PageWords(
            question="Wie zufrieden waren Sie mit uns?",
            about="Ihr Vorgang",
            scale="Von 1 (schlecht) bis 5 (gut)",
            bad="schlecht",
            good="gut",
            add="Möchten Sie etwas hinzufügen?",
            if_you_like="(wenn Sie mögen)",
            more="Ich brauche mehr Hilfe",
            send="Senden",
            nothing="Bitte wählen Sie eine Zahl, oder sagen Sie, dass Sie mehr Hilfe brauchen.",
            thanks="Vielen Dank",
            again="Wir sehen uns das noch einmal an und schreiben Ihnen.",
            better="Ihre Antwort hilft uns, besser zu werden. Sie können diese Seite schließen.",
            gone="Dieser Link gilt nicht mehr",
            instead="Links zu unseren Fragen gelten einen Monat. Wenn Sie Hilfe brauchen, "
            "antworten Sie einfach auf unsere letzte Nachricht.",
        ),
        "fr": PageWords(
            question="Quelle note nous donnez-vous ?",
            about="Votre demande",
            scale="De 1 (mauvais) à 5 (très bien)",
            bad="mauvais",
            good="très bien",
            add="Quelque chose à ajouter ?",
            if_you_like="(si vous le souhaitez)",
            more="J'ai encore besoin d'aide",
            send="Envoyer",
            nothing="Choisissez un chiffre, ou dites que vous avez encore besoin d'aide.",
            thanks="Merci",
            again="Un collègue va reprendre votre demande et vous écrira.",
            better="Votre réponse nous aide à faire mieux. Vous pouvez fermer cette page.",
            gone="Ce lien n'est plus valable",
            instead="Les liens vers nos questions sont valables un mois. Si vous avez besoin "
            "d'aide, répondez simplement à notre dernier message.",
        ),
        "es": PageWords(
            question="¿Cómo valora nuestra atención?",
            about="Su solicitud",
            scale="Del 1 (mala) al 5 (buena)",
            bad="mala",
            good="buena",
            add="¿Algo que añadir?",
            if_you_like="(si lo desea)",
            more="Necesito más ayuda",
            send="Enviar",
            nothing="Elija un número, o indique que necesita más ayuda.",
            thanks="Gracias",
            again="Lo revisaremos de nuevo y le escribiremos.",
            better="Su respuesta nos ayuda a mejorar. Puede cerrar esta página.",
            gone="Este enlace ya no funciona",
            instead="Los enlaces a nuestras preguntas valen un mes. Si necesita ayuda, responda a "
            "nuestro último mensaje.",
        ),
        "it": PageWords(
            question="Come giudica la nostra assistenza?",
            about="La sua richiesta",
            scale="Da 1 (cattiva) a 5 (buona)",
            bad="cattiva",
            good="buona",
            add="Vuole aggiungere qualcosa?",
            if_you_like="(facoltativo)",
            more="Mi serve altro aiuto",
            send="Invia",
            nothing="Scelga un numero, o indichi che le serve altro aiuto.",
            thanks="Grazie",
            again="Un collega se ne occuperà di nuovo e le scriverà.",
            better="La sua risposta ci aiuta a migliorare. Può chiudere questa pagina.",
            gone="Questo link non è più valido",
            instead="I link alle nostre domande valgono un mese. Se le serve aiuto, risponda al "
            "nostro ultimo messaggio.",
        ),
        "pt": PageWords(
            question="Como avalia o nosso atendimento?",
            about="O seu pedido",
            scale="De 1 (mau) a 5 (bom)",
            bad="mau",
            good="bom",
            add="Algo a acrescentar?",
            if_you_like="(se quiser)",
            more="Preciso de mais ajuda",
            send="Enviar",
            nothing="Escolha um número, ou diga que precisa de mais ajuda.",
            thanks="Obrigado",
            again="Um colega vai ver de novo e escrever-lhe.",
            better="A sua resposta ajuda-nos a melhorar. Pode fechar esta página.",
            gone="Este link já não funciona",
            instead="Os links para as nossas perguntas valem um mês. Se precisar de ajuda, "
            "responda à nossa última mensagem.",
        ),
        "nl": PageWords(
            question="Hoe hebben we het gedaan?",
            about="Uw vraag",
            scale="Van 1 (slecht) tot 5 (goed)",
            bad="slecht",
            good="goed",
            add="Wilt u iets toevoegen?",
            if_you_like="(als u wilt)",
            more="Ik heb meer hulp nodig",
            send="Versturen",
            nothing="Kies een cijfer, of zeg dat u meer hulp nodig hebt.",
            thanks="Dank u wel",
            again="Een collega kijkt er nog eens naar en schrijft u.",
            better="Uw antwoord helpt ons om het beter te doen. U kunt deze pagina sluiten.",
            gone="Deze link werkt niet meer",
            instead="Links naar onze vragen zijn een maand geldig. Hebt u hulp nodig, antwoord dan "
            "gewoon op ons laatste bericht.",
        ),
        "pl": PageWords(
            question="Jak nas Państwo oceniają?",
            about="Numer sprawy",
            scale="Od 1 (źle) do 5 (dobrze)",
            bad="źle",
            good="dobrze",
            add="Czy chcą Państwo coś dodać?",
            if_you_like="(nieobowiązkowo)",
            more="Potrzebuję dalszej pomocy",
            send="Wyślij",
            nothing="Prosimy wybrać liczbę albo zaznaczyć, że potrzebna jest dalsza pomoc.",
            thanks="Dziękujemy",
            again="Zajmiemy się tym jeszcze raz i napiszemy.",
            better="Ta odpowiedź pomaga nam się poprawić. Można zamknąć tę stronę.",
            gone="Ten link już nie działa",
            instead="Linki do naszych pytań są ważne przez miesiąc. Jeśli potrzebna jest pomoc, "
            "prosimy odpowiedzieć na naszą ostatnią wiadomość.",
        ),
        "sv": PageWords(
            question="Hur skötte vi oss?",
            about="Ditt ärende",
            scale="Från 1 (dåligt) till 5 (bra)",
            bad="dåligt",
            good="bra",
            add="Något att tillägga?",
            if_you_like="(om du vill)",
            more="Jag behöver mer hjälp",
            send="Skicka",
            nothing="Välj en siffra, eller säg att du behöver mer hjälp.",
            thanks="Tack",
            again="En kollega tittar på det igen och skriver till dig.",
            better="Ditt svar hjälper oss att bli bättre. Du kan stänga den här sidan.",
            gone="Den här länken fungerar inte längre",
            instead="Länkar till våra frågor gäller i en månad. Behöver du hjälp, svara bara på "
            "vårt senaste meddelande.",
        ),
    }
)
